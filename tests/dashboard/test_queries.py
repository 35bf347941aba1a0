"""The figures behind the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from dashboard.overview import figures as queries
from dashboard.scope import RANGES, Range, Window
from optimizer_app.models import Project, RequestTrace
from tests.dashboard.traces import make_trace

NOON = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)


def all_totals() -> queries.Totals:
    return queries.totals(RequestTrace.objects.all())


def test_totals(project: Project) -> None:
    make_trace(project, usage_input_tokens=400, gross_usd=Decimal(2), net_usd=Decimal(1))
    make_trace(project, fallback_used=True, status="error", latency_ms=100)
    make_trace(project, route="bypass", tokens_after=1000, latency_ms=0, fallback_used=True)
    found = all_totals()
    assert (found.requests, found.optimized, found.reconciled, found.priced) == (3, 2, 1, 1)
    assert (found.tokens_before, found.tokens_after, found.tokens_saved) == (3000, 1800, 1200)
    assert (found.gross_usd, found.net_usd, found.cache_effect_usd) == (2, 1, 1)
    assert (found.fallbacks, found.fallback_share) == (1, 0.5)
    assert found.p95_ms == pytest.approx(38 + 0.95 * 62)
    assert found.routes["bypass"] == 1
    assert (found.errors, found.to_look_at) == (1, 1)


def test_totals_of_nothing(db: None) -> None:
    found = all_totals()
    assert (found.requests, found.tokens_saved) == (0, 0)
    assert (found.cut_share, found.p95_ms, found.net_usd, found.fallback_share) == (None, None, None, None)


def test_one_request_with_two_troubles_needs_one_look(project: Project) -> None:
    make_trace(project, status="error", stages=[{"name": "logs", "status": "failed", "ms": 1}])
    found = all_totals()
    assert (found.errors, found.failed_stages, found.to_look_at) == (1, 1, 1)


def test_gross_without_net_is_left_out(project: Project) -> None:
    make_trace(project, gross_usd=Decimal(7))
    make_trace(project, gross_usd=Decimal(2), net_usd=Decimal(1))
    assert all_totals().gross_usd == 2


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


def test_previous_window_is_as_long_and_ends_where_this_begins() -> None:
    window = Window.ending_at(NOON, RANGES["24h"])
    assert window.previous().end == window.start
    assert window.previous().end - window.previous().start == window.end - window.start


def test_series_puts_requests_into_their_buckets(project: Project) -> None:
    window = Window.ending_at(timezone.now(), RANGES["24h"])
    for minutes in (1, 16, 17, 200):
        make_trace(project, age=timedelta(minutes=minutes))
    buckets = queries.series(window.of(RequestTrace.objects.all()), window)
    filled = [bucket for bucket in buckets if bucket.requests]
    assert sum(bucket.requests for bucket in filled) == 4
    assert {bucket.p50_ms for bucket in filled} == {38.0}
    for bucket in filled:
        assert bucket.tokens_before == bucket.requests * 1000
    empty = next(bucket for bucket in buckets if not bucket.requests)
    assert (empty.tokens_before, empty.p50_ms) == (0, None)


def test_window_leaves_out_what_is_older(project: Project) -> None:
    make_trace(project, age=timedelta(hours=25))
    inside = make_trace(project)
    window = Window.ending_at(timezone.now(), RANGES["24h"])
    assert list(window.of(RequestTrace.objects.all())) == [inside]


@pytest.mark.parametrize(
    ("before", "after", "bin_number"), [(100, 0, 0), (100, 5, 0), (100, 6, 1), (100, 50, 9), (100, 100, 19)]
)
def test_ratio_bins(project: Project, before: int, after: int, bin_number: int) -> None:
    make_trace(project, tokens_before=before, tokens_after=after)
    found = queries.ratios(RequestTrace.objects.all())
    assert [number for number, count in enumerate(found.bins) if count] == [bin_number]
    assert found.values == (after / before,)
    assert found.median == after / before


def test_prompts_that_grew_have_a_bin_of_their_own(project: Project) -> None:
    make_trace(project, tokens_after=1100)
    make_trace(project, route="bypass", tokens_after=1000)
    found = queries.ratios(RequestTrace.objects.all())
    assert (found.grew, sum(found.bins), found.count) == (1, 0, 1)


def test_many_ratios_are_not_listed_one_by_one(project: Project) -> None:
    for _ in range(20):
        make_trace(project)
    assert queries.ratios(RequestTrace.objects.all()).values == ()


def test_fallback_reasons_most_frequent_first(project: Project) -> None:
    for reason in ("over budget", "constraint lost", "over budget", ""):
        make_trace(project, fallback_used=True, fallback_reason=reason)
    assert queries.fallback_reasons(RequestTrace.objects.all(), most=2) == [
        ("over budget", 2),
        ("no reason given", 1),
    ]


def test_models_seen(project: Project) -> None:
    for model in ("gpt-4o", "claude", "", "gpt-4o"):
        make_trace(project, model=model)
    assert queries.models_seen(RequestTrace.objects.all()) == ["claude", "gpt-4o"]
