"""Both groups of a config side by side, from their traces."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optimizer_app.holdout.comparison import ComparedMetric, Verdict, compared
from optimizer_app.holdout.configs import compared_configs
from optimizer_app.models import ApiKey, OptimizationConfig, Project, RequestTrace
from optimizer_app.rollups.windows import RANGES, Window
from optimizer_app.traces.feedback import Feedback, give_feedback
from tests.dashboard.traces.rows import make_trace

GROUPS = ("held_out", "optimized")


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return OptimizationConfig.objects.create(project=project, name="agents", fields={"holdout_share": 0.5})


def add(project: Project, group: str, unit: uuid.UUID, **fields: Any) -> RequestTrace:
    outcome = {"digest": uuid.uuid4().int % 10**15, "finish": "stop", "calls": 1, "invalid": 0, "repeated": 0}
    given = {"config_name": "agents", "total_ms": 900.0, "usage_output_tokens": 50, **fields}
    values = {**given, "outcome": {**outcome, **fields.get("outcome", {})}}
    return make_trace(project, holdout_group=group, holdout_unit=unit, **values)


def add_groups(project: Project, count: int = 12, **of_held_out: Any) -> None:
    """Conversations of two requests in both groups; the optimized ones cost half, with some spread."""
    for group, usd in zip(GROUPS, (Decimal("0.02"), Decimal("0.01")), strict=True):
        for number in range(count):
            unit, spread = uuid.uuid4(), Decimal(number % 3) / 1000
            for _ in range(2):
                more = of_held_out if group == "held_out" else {}
                add(project, group, unit, **{"billed_usd": usd + spread, **more})


def metrics(config: OptimizationConfig) -> dict[str, ComparedMetric]:
    window = Window.ending_at(datetime.now(UTC), RANGES["24h"])
    return {found.metric.name: found for found in compared(config, window).metrics}


def test_a_lower_cost_is_shown_with_its_interval(project: Project, config: OptimizationConfig) -> None:
    add_groups(project)
    cost = metrics(config)["cost"]
    assert cost.held_out == pytest.approx(0.042)
    assert cost.optimized == pytest.approx(0.022)
    assert cost.verdict is Verdict.LOWER
    assert not cost.is_worse
    assert cost.difference is not None
    assert cost.difference.low < -0.02 < cost.difference.high < 0
    assert cost.share(cost.difference.value) == pytest.approx(-0.02 / 0.042)


def test_what_does_not_differ_says_so(project: Project, config: OptimizationConfig) -> None:
    add_groups(project)
    found = metrics(config)
    assert found["requests"].verdict is Verdict.NOT_SHOWN
    assert found["latency"].held_out == found["latency"].optimized == pytest.approx(900)
    assert found["feedback"].verdict is Verdict.UNKNOWN


def test_too_few_conversations(project: Project, config: OptimizationConfig) -> None:
    add_groups(project, count=4)
    assert metrics(config)["cost"].verdict is Verdict.TOO_FEW


def test_each_metric_counts_what_it_names(project: Project, config: OptimizationConfig) -> None:
    outcome = {"finish": "length", "calls": 4, "invalid": 1, "repeated": 2}
    usage = {"usage_input_tokens": 1_000, "usage_output_tokens": 7, "total_ms": 250.0, "status": "error"}
    add_groups(project, outcome=outcome, **usage)
    found = {name: metric.held_out for name, metric in metrics(config).items()}
    assert found["input_tokens"] == 2_000
    assert found["output_tokens"] == 14
    assert found["latency"] == 250
    assert found["errors"] == found["cut_off"] == 1
    assert found["invalid_calls"] == 0.25
    assert found["repeated_calls"] == 2
    assert metrics(config)["input_tokens"].optimized == 2 * 400
    assert metrics(config)["errors"].optimized == 0


def test_the_same_body_again_within_minutes_is_a_retry(project: Project, config: OptimizationConfig) -> None:
    unit = uuid.uuid4()
    for minutes in (30, 12, 5):
        add(project, "held_out", unit, age=timedelta(minutes=minutes), outcome={"digest": 5})
    add(project, "held_out", uuid.uuid4(), outcome={"digest": 5})
    assert metrics(config)["retries"].held_out == 0.25


def test_money_that_is_not_known_leaves_its_conversation_out(
    project: Project, config: OptimizationConfig
) -> None:
    add(project, "held_out", uuid.uuid4(), billed_usd=Decimal(1))
    half_known = uuid.uuid4()
    add(project, "held_out", half_known, billed_usd=Decimal(3))
    add(project, "held_out", half_known, billed_usd=None)
    assert metrics(config)["cost"].held_out == 1


def test_feedback_is_that_of_the_groups_requests(project: Project, config: OptimizationConfig) -> None:
    keys = [ApiKey.issue(project=project, name=name)[0] for name in ("ci", "web")]
    trace = add(project, "held_out", uuid.uuid4())
    for key, score in zip(keys, (1.0, 0.0), strict=True):
        give_feedback(trace, key.pk, Feedback(score))
    give_feedback(add(project, "optimized", uuid.uuid4()), keys[0].pk, Feedback(-1.0))
    found = metrics(config)["feedback"]
    assert (found.held_out, found.optimized) == (0.5, -1)


def test_others_are_left_out(project: Project, foreign_project: Project, config: OptimizationConfig) -> None:
    add(project, "held_out", uuid.uuid4(), age=timedelta(days=2))
    add(project, "held_out", uuid.uuid4(), config_name="other")
    add(foreign_project, "held_out", uuid.uuid4())
    make_trace(project, config_name="agents")
    window = Window.ending_at(datetime.now(UTC), RANGES["24h"])
    found = compared(config, window)
    assert found.held_out.requests == found.optimized.requests == 0
    assert all(metric.verdict is Verdict.UNKNOWN for metric in found.metrics)


def test_configs_that_hold_out_now_or_did(project: Project, config: OptimizationConfig) -> None:
    former = OptimizationConfig.objects.create(project=project, name="former")
    OptimizationConfig.objects.create(project=project, name="never")
    add(project, "held_out", uuid.uuid4(), config_name="former")
    window = Window.ending_at(datetime.now(UTC), RANGES["24h"])
    assert compared_configs(OptimizationConfig.objects.all(), window) == [config, former]
