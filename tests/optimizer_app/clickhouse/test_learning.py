"""What is learnt of a config's requests is the same wherever these are: holdouts, tuning, shares, prices."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from optimizer_app.clickhouse.client import ClickHouseAway, Server
from optimizer_app.clickhouse.copying import copy_waiting
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.configs.create import create_config
from optimizer_app.configs.versions.shares import publish_to_share
from optimizer_app.holdout.configs import compared_configs
from optimizer_app.holdout.measures import group_sums
from optimizer_app.holdout.outcome import Outcome
from optimizer_app.holdout.sums import GroupSums
from optimizer_app.models import (
    ApiKey,
    ConfigShare,
    OptimizationConfig,
    Project,
    RequestTrace,
    TraceFeedback,
    TuningProposal,
    UncopiedTraces,
)
from optimizer_app.playground.costs import compared_models
from optimizer_app.prices.listing import price_list
from optimizer_app.releases.sides import sides_of
from optimizer_app.rollups.windows import RANGES, Window
from optimizer_app.traces.record import ReadBackRecord, ReReadRecord, TraceRecord
from optimizer_app.traces.storing.store import store
from optimizer_app.tuning.proposals import propose
from optimizer_app.tuning.signals import signals_of
from tests.optimizer_app.clickhouse.ids import id_at
from tests.optimizer_app.releases.prompts import ROOMY, TIGHT
from tests.optimizer_app.traces.records import new_record

REQUESTS = 240
COPIED = 140
# Days that PostgreSQL does not keep.
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
# Conversations that go on all the time; others last for ten minutes.
UNITS = [uuid.UUID(int=number) for number in range(6)]
SHORT_UNITS = [[uuid.UUID(int=100 * number + each) for each in range(3)] for number in range(1, 13)]


def _record(project: Project, number: int, drawn: random.Random) -> TraceRecord:
    """One of two hours, in which there are two a minute."""
    moment = NOW - timedelta(seconds=7200 - 30 * number, milliseconds=drawn.randrange(900))
    unit = drawn.choice([*UNITS, *SHORT_UNITS[number // 20]])
    group = "held_out" if unit.int % 2 else "optimized"
    calls = drawn.choice([0, 2, 3])
    outcome = Outcome(
        digest=drawn.choice([-(2**62), 5, 2**62 + 1]),
        repeated=drawn.choice([0, 1]),
        finish=drawn.choice(["", "stop", "stop", "length"]),
        calls=calls,
        invalid=min(calls, 1),
    )
    return new_record(
        project.pk,
        id=id_at(moment),
        created_at=moment,
        config_name=drawn.choice(["agents", "agents", "agents", "other"]),
        config_version=drawn.choice([1, 2]),
        model=drawn.choice(["gpt-4o", "gpt-5-mini", "unknown-1", ""]),
        route=drawn.choice(["heuristic_only", "heuristic_only", "bypass"]),
        status=drawn.choice(["ok", "ok", "error"]),
        tokens_after=drawn.choice([300, 400, 1000]),
        latency_ms=drawn.choice([0.1, 3.3, 59.0, 400.0]),
        total_ms=drawn.choice([None, 250.5, 900.25]),
        usage_input_tokens=drawn.choice([None, 300, 7]),
        usage_output_tokens=drawn.choice([None, 20]),
        fallback_used=drawn.random() < 0.2,
        holdout_group=drawn.choice([group, group, group, ""]),
        holdout_unit=unit,
        outcome=drawn.choice([outcome, outcome, outcome, None]),
        read_backs=drawn.choice([[], [], [ReadBackRecord(1, "123", True, "1", "logs", 12)]]),
        re_reads=drawn.choice([
            [], [], [ReReadRecord("grep", "logs", 1, 40, "1"), ReReadRecord("grep", "logs", 1, 7, "1")],
            [ReReadRecord("ls", "json", 1, 7)],
        ]),
    )  # fmt: skip


@pytest.fixture
def config(clickhouse: Server, project: Project, settings: Any) -> OptimizationConfig:
    settings.POSTGRES_TRACE_DAYS = 1
    config = create_config(project, "agents", ROOMY, author=User.objects.create_user("ada"))
    drawn = random.Random(7)
    store(records := [_record(project, number, drawn) for number in range(REQUESTS)])
    for name in ("ci", "web"):
        key = ApiKey.issue(project=project, name=name)[0]
        TraceFeedback.objects.bulk_create(
            TraceFeedback(project=project, trace_id=each.id, api_key=key, score=drawn.choice([-1, 0.25, 1]))
            for each in drawn.sample(records, 60)
        )
    return config


@pytest.fixture
def share(config: OptimizationConfig) -> ConfigShare:
    share = publish_to_share(
        config, User.objects.get(), TIGHT, by="conversations", percent=50, base_version=1
    )
    share.started_at = NOW - timedelta(minutes=100)
    return share


def _all_copied(settings: Any) -> None:
    RequestTrace.objects.all().delete()


def _half_copied(settings: Any) -> None:
    middle = RequestTrace.objects.order_by("id").values_list("id", flat=True)[COPIED]
    UncopiedTraces.objects.create(first_id=middle, ids=[middle])
    RequestTrace.objects.filter(id__lt=middle).delete()


def _away(settings: Any) -> None:
    """PostgreSQL keeps them all."""
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"


PLACES = pytest.mark.parametrize("placed", [_all_copied, _half_copied, _away])
Placed = Callable[[Any], None]


def _same_after(placed: Placed, settings: Any, found: Callable[[], Any]) -> Any:
    """What is found in PostgreSQL alone, which must be found again."""
    url, settings.CLICKHOUSE_URL = settings.CLICKHOUSE_URL, ""
    expected = found()
    settings.CLICKHOUSE_URL = url
    copy_waiting()
    placed(settings)
    assert found() == expected
    return expected


def _window() -> Window:
    return Window.ending_at(timezone.now(), RANGES["7d"])


def _rounded(group: GroupSums) -> Any:
    sums = {name: [round(number, 6) for number in astuple(found)] for name, found in group.sums.items()}
    return group.conversations, group.requests, list(group.finish_reasons.items()), sums


@PLACES
def test_both_groups_of_a_holdout(
    config: OptimizationConfig, settings: Any, placed: Placed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimizer_app.holdout.measures.MAX_IDS", 4)
    monkeypatch.setattr("optimizer_app.clickhouse.scores.MAX_IDS", 7)

    def found() -> Any:
        groups = group_sums(config.project_id, config.name, _window())
        return {name: _rounded(group) for name, group in groups.items()}, compared_configs(
            OptimizationConfig.objects.all(), _window()
        )

    groups, configs = _same_after(placed, settings, found)
    assert configs == [config]
    assert set(groups) == {"held_out", "optimized"}
    for conversations, requests, reasons, sums in groups.values():
        assert conversations >= 10
        assert requests > 50
        assert {reason for reason, _ in reasons} == {"stop", "length"}
        assert all(numbers[1] for numbers in sums.values()), "each metric counts something"


@PLACES
def test_signals_of_tuning(config: OptimizationConfig, settings: Any, placed: Placed) -> None:
    signals = _same_after(placed, settings, lambda: replace(signals_of(config, _window()), worse=()))
    assert [again.tool for again in signals.tools] == ["grep", "ls"]
    assert all(len(again.traces) == 5 for again in signals.tools)
    assert len(signals.traces_of_cuts) == 5
    assert signals.cuts
    assert signals.feedback.count > 40
    assert signals.feedback.worst


def test_a_proposal_stays_open_while_what_speaks_for_it_cannot_be_read(
    config: OptimizationConfig, settings: Any
) -> None:
    copy_waiting()
    RequestTrace.objects.all().delete()
    made = propose(config, timezone.now())
    assert made is not None
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"
    with pytest.raises(ClickHouseAway):
        propose(config, timezone.now())
    made.refresh_from_db()
    assert made.state == TuningProposal.State.OPEN


@PLACES
def test_both_sides_of_a_share(share: ConfigShare, settings: Any, placed: Placed) -> None:
    live, shared = _same_after(placed, settings, lambda: sides_of(share))
    assert (live.version, shared.version) == (1, 2)
    for side in (live, shared):
        assert side.requests > 20
        assert None not in (side.net_usd, side.p50_ms, side.p95_ms, side.fallback_share)


@PLACES
def test_models_and_their_prices(config: OptimizationConfig, settings: Any, placed: Placed) -> None:
    models, listed = _same_after(
        placed,
        settings,
        lambda: (compared_models("", config.project), price_list(stored_traces())),
    )
    assert {"gpt-4o", "gpt-5-mini", "unknown-1"} < set(models)
    assert sum(model.requests for model in listed) > 100
