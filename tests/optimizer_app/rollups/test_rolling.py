"""Rollups: each trace counts once, whenever it comes, and they say what the traces say."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from optimizer_app.models import ApiKey, Project, RequestTrace, RollupMark, RollupState, TraceRollup
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.rolling import (
    drop_details_before,
    drop_rollups_before,
    mark_changed,
    roll_up,
    roll_up_all,
)
from optimizer_app.rollups.spans import DAY, QUARTER, SIX_HOURS
from optimizer_app.tasks import roll_up_traces
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.partitions import ensure_partitions
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record

NOW = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)
AddTrace = Callable[..., RequestTrace]


@pytest.fixture(autouse=True)
def _nothing_changed_before(db: None) -> None:
    """Servers of tests before may have stored a trace as they ended."""
    RollupMark.objects.all().delete()


@pytest.fixture
def add_trace(project: Project) -> AddTrace:
    """A trace that began at a moment, marked as the recorder marks it."""
    made: list[RequestTrace] = []

    def add(moment: datetime, **fields: Any) -> RequestTrace:
        ensure_partitions([moment.date()])
        values = {
            "project": project,
            "created_at": moment,
            "dialect": "openai",
            "model": "gpt-4o",
            "config_name": "balanced",
            "config_version": 3,
            "status": "ok",
            "route": "heuristic_only",
            "tokens_before": 1000,
            "tokens_after": 400,
            "latency_ms": 38.0,
        }
        trace_id = type(project.pk)(int=first_id_at(moment).int + len(made))
        made.append(RequestTrace.objects.create(id=trace_id, **{**values, **fields}))
        mark_changed([moment])
        return made[-1]

    return add


def whole(project: Project, start: datetime, end: datetime = NOW) -> dict[str, Any]:
    (row,) = sums(Selection((project.pk,)), Stretch(start, end))
    return row


def random_traces(add_trace: AddTrace, project: Project, count: int = 80) -> None:
    draw = random.Random(11)
    keys = [ApiKey.issue(project=project, name=name)[0] for name in ("ci", "web")]
    for number in range(count):
        add_trace(
            NOW - timedelta(seconds=draw.uniform(0, 2.5 * 86_400)),
            api_key=draw.choice([*keys, None]),
            model=draw.choice(["gpt-4o", "claude-sonnet-5"]),
            config_version=draw.choice([None, 3, 4]),
            tag=draw.choice(["", "nightly"]),
            route=draw.choice(["heuristic_only", "cache", "bypass"]),
            status=draw.choice(["ok", "ok", "error", "interrupted"]),
            tokens_after=draw.randint(0, 1200),
            latency_ms=draw.uniform(0.1, 3000),
            cache_hit=draw.random() < 0.3,
            compacted=draw.random() < 0.1,
            fallback_used=draw.random() < 0.2,
            fallback_reason=draw.choice(["", "over budget"]),
            over_budget=draw.choice(["", "by 3 tokens"]),
            why_not=("", "too_short", "ended_early")[number % 3],
            faithfulness_score=draw.choice([None, 0.0, 0.84, 1.0]),
            usage_input_tokens=draw.choice([None, 400]),
            gross_usd=draw.choice([None, Decimal("0.0123")]),
            net_usd=draw.choice([None, Decimal("-0.002"), Decimal("0.01")]),
            read_back_usd=draw.choice([None, Decimal("0.001")]),
            stages=draw.choice([[], [{"name": "logs", "status": "failed", "ms": 1}]]),
            provider=draw.choice(["", "openai", "house"]),
        )


GROUPED_BY: tuple[tuple[str, ...], ...] = (
    (),
    ("bucket",),
    ("project_id", "route"),
    ("model", "config_version", "api_key_id", "tag"),
    ("fallback_reason",),
    ("project_id", "provider"),
)


def test_rollups_say_what_traces_say(add_trace: AddTrace, project: Project) -> None:
    random_traces(add_trace, project)
    asked = [(by, step) for by in GROUPED_BY for step in (QUARTER, SIX_HOURS, DAY)]

    def figures(by: tuple[str, ...], step: timedelta) -> list[dict[str, Any]]:
        found = sums(Selection((project.pk,)), Stretch(NOW - timedelta(days=2), NOW, step), by)
        return sorted(found, key=lambda row: str([row[name] for name in by]))

    from_traces = [figures(*one) for one in asked]
    roll_up_all(NOW)
    assert RollupState.objects.get().rolled_until == NOW.replace(minute=0, second=0)
    for one, expected in zip(asked, from_traces, strict=True):
        assert figures(*one) == expected, one
        assert sum(row["requests"] for row in expected) > 50


def test_a_selection_is_the_same_in_both(add_trace: AddTrace, project: Project) -> None:
    random_traces(add_trace, project)
    key = ApiKey.objects.filter(name="ci").get()
    selection = Selection((project.pk,), "balanced", 3, "gpt-4o", key.pk, "nightly", "cache")
    before = sums(selection, Stretch(NOW - DAY * 3, NOW))
    roll_up_all(NOW)
    assert sums(selection, Stretch(NOW - DAY * 3, NOW)) == before
    assert before[0]["requests"] >= 1


def test_rolled_traces_are_not_read_again(add_trace: AddTrace, project: Project) -> None:
    add_trace(NOW - timedelta(hours=3))
    add_trace(NOW - timedelta(minutes=2))
    roll_up_all(NOW)
    RequestTrace.objects.all().delete()
    assert whole(project, NOW - DAY)["requests"] == 1


def test_a_late_trace_counts_once_it_is_rolled_up(add_trace: AddTrace, project: Project) -> None:
    moment = NOW - timedelta(days=1, hours=3)
    add_trace(moment)
    roll_up_all(NOW)
    roll_up_all(NOW)
    assert whole(project, NOW - DAY * 2)["requests"] == 1
    add_trace(moment + timedelta(seconds=5))
    roll_up_all(NOW)
    assert whole(project, NOW - DAY * 2)["requests"] == 2
    assert not RollupMark.objects.exists()


def test_what_the_recorder_stores_is_rolled_up(project: Project) -> None:
    moment = timezone.now() - timedelta(hours=1)
    record = new_record(project.pk, id=first_id_at(moment), created_at=moment)
    store([record])
    store([record])
    roll_up_traces()
    assert whole(project, moment - timedelta(minutes=1), timezone.now())["requests"] == 1
    quarter = TraceRollup.objects.get(seconds=900, is_whole=True)
    assert (quarter.requests, quarter.tokens_before, quarter.tokens_after) == (1, 1000, 300)


def test_a_late_trace_of_a_day_whose_quarters_were_dropped(add_trace: AddTrace, project: Project) -> None:
    moment = (NOW - timedelta(days=20)).replace(hour=5)
    add_trace(moment)
    roll_up_all(NOW)
    assert set(TraceRollup.objects.values_list("seconds", flat=True)) == {21600, 86400, 864000}
    add_trace(moment + timedelta(hours=9))
    roll_up_all(NOW)
    assert set(TraceRollup.objects.values_list("seconds", flat=True)) == {21600, 86400, 864000}
    day = moment.replace(hour=0, minute=0, second=0)
    assert whole(project, day, day + DAY)["requests"] == 2


def test_the_quarter_that_still_fills_waits(add_trace: AddTrace) -> None:
    add_trace(NOW)
    assert not roll_up(NOW)
    assert not TraceRollup.objects.exists()
    assert RollupMark.objects.count() == 1


def test_a_span_that_ends_without_a_trace_is_rolled_up(add_trace: AddTrace, project: Project) -> None:
    add_trace(NOW - timedelta(minutes=90))
    roll_up_all(NOW - timedelta(minutes=60))
    assert set(TraceRollup.objects.values_list("seconds", flat=True)) == {900}
    roll_up_all(NOW + DAY)
    assert set(TraceRollup.objects.values_list("seconds", flat=True)) == {900, 7200, 21600, 86400, 864000}
    assert whole(project, NOW - DAY, NOW + DAY)["requests"] == 1


def test_what_each_day_came_to_outlives_its_traces(add_trace: AddTrace, project: Project) -> None:
    add_trace(NOW - timedelta(days=3))
    roll_up_all(NOW)
    drop_details_before(NOW - DAY)
    RequestTrace.objects.all().delete()
    midnight = (NOW - timedelta(days=4)).replace(hour=0, minute=0, second=0)
    assert whole(project, midnight)["requests"] == 1
    assert set(TraceRollup.objects.values_list("seconds", flat=True)) == {86400}


def test_long_windows_read_spans_of_ten_days(add_trace: AddTrace, project: Project) -> None:
    for days in (24, 16, 15, 4):
        add_trace(NOW - DAY * days)
    roll_up_all(NOW)
    longest = TraceRollup.objects.filter(seconds=864_000)
    assert longest.filter(is_whole=True).count() == 2
    TraceRollup.objects.filter(seconds=86_400, start__lt=NOW - DAY * 12).delete()
    assert whole(project, NOW - DAY * 30)["requests"] == 4


def test_spans_of_ten_days_are_made_of_what_an_older_version_rolled_up(
    add_trace: AddTrace, project: Project
) -> None:
    for days in (24, 16, 4):
        add_trace(NOW - DAY * days)
    roll_up_all(NOW)
    TraceRollup.objects.filter(seconds=864_000).delete()
    RequestTrace.objects.all().delete()
    roll_up_all(NOW)
    assert whole(project, NOW - DAY * 30)["requests"] == 3


def test_what_is_dropped_leaves_the_days_beside_it(add_trace: AddTrace, project: Project) -> None:
    for days in (21, 20, 4):
        add_trace(NOW - DAY * days)
    roll_up_all(NOW)
    drop_rollups_before((NOW - DAY * 20).replace(hour=0, minute=0, second=0))
    assert whole(project, NOW - DAY * 40)["requests"] == 2
