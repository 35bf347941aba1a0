"""Pages of a list that are found span by span."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.requests.listing import page_of
from dashboard.requests.searching import Span
from optimizer_app.models import Project, RequestTrace
from optimizer_app.rollups.rolling import mark_changed, roll_up_all
from optimizer_app.trace_ids import made_at
from tests.dashboard.requests.test_views import listed
from tests.dashboard.traces.rows import make_trace


def spans_over(project: Project, hours: int, length: timedelta, count: int) -> list[Span]:
    """Spans that hold `count` traces each, the oldest first, with nothing between them."""
    first = timezone.now() - timedelta(hours=hours)
    return [Span(first + length * number, first + length * (number + 1), count) for number in range(hours)]


@pytest.mark.parametrize("oldest_first", [True, False])
@pytest.mark.parametrize("count", [1, 60])
def test_pages_are_the_same_with_spans(project: Project, count: int, *, oldest_first: bool) -> None:
    for number in range(70):
        make_trace(project, age=timedelta(minutes=7 * number + 1))
    traces = RequestTrace.objects.all()
    spans = spans_over(project, 10, timedelta(hours=1), count)
    start: uuid.UUID | None = None
    for _ in range(2):
        plain = page_of(traces, oldest_first=oldest_first, start=start, back=False)
        found = page_of(traces, oldest_first=oldest_first, start=start, back=False, spans=spans)
        assert [row.trace.pk for row in found.rows] == [row.trace.pk for row in plain.rows]
        assert (found.previous, found.following) == (plain.previous, plain.following)
        start = found.following
    before = plain.rows[0].trace.pk
    plain = page_of(traces, oldest_first=oldest_first, start=before, back=True)
    found = page_of(traces, oldest_first=oldest_first, start=before, back=True, spans=spans)
    assert [row.trace.pk for row in found.rows] == [row.trace.pk for row in plain.rows]


def test_what_lies_outside_the_spans_is_not_looked_for(project: Project) -> None:
    make_trace(project, age=timedelta(hours=5))
    inside = make_trace(project, age=timedelta(hours=2))
    moment = made_at(inside.pk)
    span = Span(moment - timedelta(minutes=1), moment + timedelta(minutes=1), 1)
    page = page_of(RequestTrace.objects.all(), oldest_first=False, start=None, back=False, spans=[span])
    assert [row.trace.pk for row in page.rows] == [inside.pk]


def test_the_list_is_the_same_once_it_is_rolled_up(as_admin: Client, project: Project) -> None:
    for hours in range(12):
        trace = make_trace(project, age=timedelta(hours=hours, minutes=20), fallback_used=hours % 4 == 0)
        mark_changed([made_at(trace.pk)])
    before = listed(as_admin, "/requests?flag=fallback&status=ok")
    roll_up_all(timezone.now())
    assert listed(as_admin, "/requests?flag=fallback&status=ok") == before
    assert len(before) == 3
