"""The spans of time that pages look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from optimizer_app.models import Project, RequestTrace
from optimizer_app.rollups.windows import RANGES, Range, Window
from tests.dashboard.traces.rows import make_trace

NOON = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("span", RANGES.values(), ids=str)
def test_windows_have_whole_buckets_and_few_points(span: Range) -> None:
    window = Window.ending_at(NOON, span)
    starts = window.bucket_starts()
    assert len(starts) == span.length / span.step <= 360
    assert starts[0] == window.start
    assert starts[-1] <= NOON < starts[-1] + span.step
    assert all(start.timestamp() % span.step.total_seconds() == 0 for start in starts)


def test_window_edges_stay_while_time_passes() -> None:
    spans = [Window.ending_at(NOON + timedelta(seconds=s), RANGES["1h"]).start for s in (0, 20)]
    assert spans[0] == spans[1]


def test_previous_window_has_as_many_buckets_and_ends_where_this_begins() -> None:
    window = Window.ending_at(NOON, RANGES["24h"])
    assert window.previous().end == window.start
    assert window.previous().end - window.previous().start == RANGES["24h"].length


def test_window_leaves_out_what_is_older(project: Project) -> None:
    make_trace(project, age=timedelta(hours=25))
    inside = make_trace(project)
    window = Window.ending_at(timezone.now(), RANGES["24h"])
    assert list(window.of(RequestTrace.objects.all())) == [inside]
