"""The figures behind the page."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from optimizer_app.models import Project, RequestTrace
from optimizer_app.rollups import figures
from optimizer_app.rollups.reading import Selection
from optimizer_app.rollups.windows import RANGES, Window
from tests.dashboard.traces.rows import make_trace

NOON = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)


def last_day() -> Window:
    return Window.ending_at(timezone.now(), RANGES["24h"])


def figures_of(project: Project) -> figures.Figures:
    return figures.figures_of(Selection((project.pk,)), last_day())


def totals_of(project: Project) -> figures.Totals:
    """The totals, which are the same whether they are summed by bucket or as a whole."""
    window = last_day()
    whole = figures.totals(Selection((project.pk,)), window)
    assert whole == figures.figures_of(Selection((project.pk,)), window).totals
    return whole


def test_totals(project: Project) -> None:
    make_trace(project, usage_input_tokens=400, gross_usd=Decimal(2), net_usd=Decimal(1), cache_hit=True)
    make_trace(project, fallback_used=True, status="error", latency_ms=100)
    make_trace(project, route="bypass", tokens_after=1000, latency_ms=0, fallback_used=True)
    found = totals_of(project)
    assert (found.requests, found.optimized, found.reconciled, found.priced) == (3, 2, 1, 1)
    assert (found.tokens_before, found.tokens_after, found.tokens_saved) == (3000, 1800, 1200)
    assert (found.gross_usd, found.net_usd, found.cache_effect_usd) == (2, 1, 1)
    assert (found.fallbacks, found.fallback_share) == (1, 0.5)
    assert (found.cache_hits, found.cache_hit_share) == (1, 0.5)
    assert found.p95_ms == pytest.approx(100, rel=0.1)
    assert (found.errors, found.to_look_at) == (1, 1)


def test_hit_rates(project: Project) -> None:
    make_trace(project, is_repeat=True, cache_hit=True)
    make_trace(project, is_repeat=True, usage_input_tokens=400, usage_cached_tokens=100)
    make_trace(project, is_repeat=True, route="bypass", usage_input_tokens=900)
    first = make_trace(project, continues=True, conversation_id=uuid.uuid4())
    RequestTrace.objects.filter(pk=first.pk).update(conversation_id=first.pk)
    make_trace(project, continues=True, conversation_id=first.pk)
    make_trace(project, continues=True)
    found = totals_of(project)
    assert (found.repeats, found.repeat_hits, found.repeat_hit_share) == (2, 1, 0.5)
    assert (found.continued, found.prefixes_found, found.prefix_hit_share) == (2, 1, 0.5)
    assert found.provider_cached_share == 0.25


def test_reading_back_is_no_effect_of_the_cache(project: Project) -> None:
    money = {"gross_usd": Decimal(5), "net_usd": Decimal(2), "read_back_usd": Decimal(1)}
    make_trace(project, usage_input_tokens=400, **money)
    found = totals_of(project)
    assert (found.cache_effect_usd, found.read_back_usd) == (2, 1)


def test_totals_of_nothing(project: Project) -> None:
    found = totals_of(project)
    assert (found.requests, found.tokens_saved) == (0, 0)
    assert (found.cut_share, found.p95_ms, found.net_usd, found.fallback_share) == (None, None, None, None)


def test_one_request_with_two_troubles_needs_one_look(project: Project) -> None:
    make_trace(project, status="error", stages=[{"name": "logs", "status": "failed", "ms": 1}])
    found = totals_of(project)
    assert (found.errors, found.failed_stages, found.to_look_at) == (1, 1, 1)


def test_gross_without_net_is_left_out(project: Project) -> None:
    make_trace(project, gross_usd=Decimal(7))
    make_trace(project, gross_usd=Decimal(2), net_usd=Decimal(1))
    assert totals_of(project).gross_usd == 2


def test_another_projects_requests_are_left_out(project: Project, foreign_project: Project) -> None:
    make_trace(foreign_project)
    assert totals_of(project).requests == 0


def test_series_puts_requests_into_their_buckets(project: Project) -> None:
    for minutes in (1, 16, 17, 200):
        make_trace(project, age=timedelta(minutes=minutes))
    buckets = figures_of(project).buckets
    filled = [bucket for bucket in buckets if bucket.requests]
    assert sum(bucket.requests for bucket in filled) == 4
    assert {bucket.p50_ms for bucket in filled} == {38.0}
    for bucket in filled:
        assert bucket.tokens_before == bucket.requests * 1000
    empty = next(bucket for bucket in buckets if not bucket.requests)
    assert (empty.tokens_before, empty.p50_ms) == (0, None)


@pytest.mark.parametrize(
    ("before", "after", "bin_number"), [(100, 0, 0), (100, 5, 0), (100, 6, 1), (100, 50, 9), (100, 100, 19)]
)
def test_ratio_bins(project: Project, before: int, after: int, bin_number: int) -> None:
    make_trace(project, tokens_before=before, tokens_after=after)
    found = figures_of(project).ratios
    assert [number for number, count in enumerate(found.bins) if count] == [bin_number]
    assert found.median == pytest.approx(after / before, abs=0.05)
    assert figures.ratio_values(RequestTrace.objects.all()) == (after / before,)


def test_prompts_that_grew_have_a_bin_of_their_own(project: Project) -> None:
    make_trace(project, tokens_after=1100)
    make_trace(project, route="bypass", tokens_after=1000)
    found = figures_of(project).ratios
    assert (found.grew, sum(found.bins), found.count) == (1, 0, 1)


def test_faithfulness(project: Project) -> None:
    for score in (0.0, 0.84, 0.85, 1.0, None):
        make_trace(project, faithfulness_score=score)
    found = figures_of(project).faithfulness
    assert [number for number, count in enumerate(found.bins) if count] == [0, 16, 17, 19]
    assert (found.count, found.unscored) == (4, 1)
    assert found.median == pytest.approx(0.85, abs=0.05)


def test_fallback_reasons_most_frequent_first() -> None:
    rows = [("over budget", 1), ("constraint lost", 1), ("over budget", 1), ("", 1), ("failed", 0)]
    fallbacks = [{"fallback_reason": reason, "optimized_fallbacks": count} for reason, count in rows]
    assert figures.fallback_reasons(fallbacks, max_reasons=2) == [("over budget", 2), ("no reason given", 1)]
