"""Proposals: what happened speaks for a change, it is tested, and taken, dismissed or published."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.models import ApiKey, OptimizationConfig, Project, TraceCopying, TuningProposal
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.releases.cases import make_case
from optimizer_app.traces.feedback import Feedback, give_feedback
from optimizer_app.tuning.proposals import (
    NotOpen,
    accept,
    dismiss,
    propose,
    propose_all,
    publish_within_bounds,
)
from tests.dashboard.traces.rows import block, make_trace


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    fields = {"tuning": "propose", "target_reduction": 0.5}
    return OptimizationConfig.objects.create(project=project, name="agents", fields=fields)


def wanted_again(project: Project, count: int = 6) -> list[str]:
    """Requests of whose cut logs models wanted much again, by calling the same tool."""
    again = {"tool": "read_log", "stage": "logs", "steps": 2, "tokens": 300, "block": "b"}
    cut = [block(2_000, 200, kind="log", stage="logs", reason="log cut")]
    traces = [make_trace(project, config_name="agents", blocks=cut, re_reads=[again]) for _ in range(count)]
    return [str(trace.pk) for trace in traces]


def proposed(config: OptimizationConfig) -> TuningProposal:
    found = propose(config, timezone.now())
    assert found is not None
    return found


def add_case(project: Project, keep: str = "Order 3 failed.") -> None:
    text = f"{keep} What failed?"
    texts = CaseTexts(ExampleTexts("text", text, "", ""), keep)
    make_case(project, "orders", texts, User.objects.create(username=uuid.uuid4().hex))


def test_nothing_speaks_for_nothing(project: Project, config: OptimizationConfig) -> None:
    make_trace(project, config_name="agents")
    assert propose(config, timezone.now()) is None


def test_while_a_part_of_what_happened_is_away_nothing_is_proposed(
    project: Project, config: OptimizationConfig, settings: Any
) -> None:
    wanted_again(project)
    open_one = proposed(config)
    TraceCopying.objects.create()
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"
    settings.POSTGRES_TRACE_DAYS = 2
    with pytest.raises(ClickHouseAway):
        propose(config, timezone.now())
    assert propose_all(timezone.now()) == 0
    open_one.refresh_from_db()
    assert open_one.state == TuningProposal.State.OPEN


def test_cuts_that_are_wanted_again_lower_their_floor_and_spare_the_tool(
    project: Project, config: OptimizationConfig
) -> None:
    traces = wanted_again(project)
    found = proposed(config)
    changes = {change["field"]: change for change in found.changes}
    assert changes["floor_factors"]["after"] == {"log": 0.5}
    assert changes["uncut_tools"]["after"] == ["read_log"]
    assert set(changes["uncut_tools"]["evidence"][0]["traces"]) <= set(traces)
    assert "6 times" in changes["uncut_tools"]["evidence"][0]["text"]
    assert (found.state, found.cases, found.is_safe) == ("open", 0, False)
    assert OptimizationConfig.objects.get().fields == config.fields


def test_bad_feedback_lowers_the_target(project: Project, config: OptimizationConfig) -> None:
    for number in range(10):
        trace = make_trace(project, config_name="agents")
        key = ApiKey.issue(project=project, name=f"key {number}")[0]
        give_feedback(trace, key.pk, Feedback(-1.0 if number < 7 else 1.0))
    (change,) = proposed(config).changes
    assert (change["field"], change["before"], change["after"]) == ("target_reduction", 0.5, 0.4)
    assert len(change["evidence"][0]["traces"]) == 5


def test_a_new_look_outdates_the_open_proposal(project: Project, config: OptimizationConfig) -> None:
    wanted_again(project)
    first, second = proposed(config), proposed(config)
    first.refresh_from_db()
    assert (first.state, second.state) == ("outdated", "open")


def test_accepted_it_is_a_draft_and_no_version(
    project: Project, config: OptimizationConfig, member: User
) -> None:
    wanted_again(project)
    found = proposed(config)
    accept(found, member)
    draft = draft_of(config, member)
    assert draft is not None
    assert draft.fields["uncut_tools"] == ["read_log"]
    assert OptimizationConfig.objects.get().version == 1
    with pytest.raises(NotOpen):
        accept(found, member)


def test_dismissed_changes_stay_away(project: Project, config: OptimizationConfig, member: User) -> None:
    wanted_again(project)
    dismiss(proposed(config), member, "the tool is cheap")
    assert propose(config, timezone.now()) is None


def test_a_config_that_was_published_since_is_not_overwritten(
    project: Project, config: OptimizationConfig, member: User
) -> None:
    wanted_again(project)
    found = proposed(config)
    OptimizationConfig.objects.update(version=2)
    with pytest.raises(NotOpen):
        accept(found, member)


def test_within_bounds_it_publishes_what_passed_its_cases(
    project: Project, config: OptimizationConfig
) -> None:
    OptimizationConfig.objects.update(fields={"tuning": "within_bounds"})
    wanted_again(project)
    add_case(project)
    assert propose_all(timezone.now()) == 1
    live = OptimizationConfig.objects.get()
    assert (live.version, live.fields["floor_factors"]) == (2, {"log": 0.5})
    assert TuningProposal.objects.get().state == "published"


@pytest.mark.parametrize(
    ("fields", "has_case"),
    [
        ({"tuning": "within_bounds"}, False),
        ({"tuning": "within_bounds", "tuning_min_floor": 0.6}, True),
        ({"tuning": "propose"}, True),
    ],
)
def test_nothing_is_published_otherwise(
    project: Project, config: OptimizationConfig, fields: dict[str, Any], has_case: bool
) -> None:
    OptimizationConfig.objects.update(fields=fields)
    wanted_again(project)
    if has_case:
        add_case(project)
    assert propose_all(timezone.now()) == 1
    assert OptimizationConfig.objects.get().version == 1
    assert TuningProposal.objects.get().state == "open"


def test_a_failing_case_holds_it_back(project: Project, config: OptimizationConfig) -> None:
    OptimizationConfig.objects.update(fields={"tuning": "within_bounds"})
    wanted_again(project)
    add_case(project)
    found = proposed(OptimizationConfig.objects.get())
    TuningProposal.objects.update(failed_cases=1)
    found.refresh_from_db()
    assert not publish_within_bounds(found)


def test_off_is_not_looked_at(project: Project, config: OptimizationConfig) -> None:
    OptimizationConfig.objects.update(fields={})
    wanted_again(project)
    assert propose_all(timezone.now()) == 0
