"""Proposals of tuning over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.models import OptimizationConfig, Project, TraceCopying, TuningProposal
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.tuning.test_proposals import wanted_again

PATH = "tuning-proposals/"


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return OptimizationConfig.objects.create(project=project, name="agents")


def test_it_works(call: Caller, project: Project, config: OptimizationConfig, member: User) -> None:
    assert call("POST", PATH, {"config": str(config.pk)}).status == 204
    wanted_again(project)
    made = call("POST", PATH, {"config": str(config.pk)})
    assert made.status == 201
    assert [row["id"] for row in call("GET", PATH).body["results"]] == [made.body["id"]]
    assert call("POST", f"{PATH}{made.body['id']}/accept/").status == 200
    assert draft_of(config, member) is not None


def test_one_that_was_decided_is_not_decided_again(
    call: Caller, project: Project, config: OptimizationConfig
) -> None:
    wanted_again(project)
    made = call("POST", PATH, {"config": str(config.pk)}).body
    assert call("POST", f"{PATH}{made['id']}/dismiss/", {"reason": "the tool is cheap"}).status == 200
    assert TuningProposal.objects.get().reason == "the tool is cheap"
    assert call("POST", f"{PATH}{made['id']}/dismiss/", {"reason": "again"}).status == 409
    assert call("POST", f"{PATH}{made['id']}/accept/").status == 409


def test_a_strangers_config_is_not_looked_at(call: Caller, foreign_project: Project) -> None:
    theirs = OptimizationConfig.objects.create(project=foreign_project, name="theirs")
    assert call("POST", PATH, {"config": str(theirs.pk)}).error["fields"].keys() == {"config"}


def test_while_a_part_of_what_happened_is_away_it_does_not_say_that_nothing_did(
    call: Caller, config: OptimizationConfig, settings: Any
) -> None:
    TraceCopying.objects.create()
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"
    settings.POSTGRES_TRACE_DAYS = 2
    answer = call("POST", PATH, {"config": str(config.pk)})
    assert answer.status == 503
    assert answer.error["type"] == "unavailable"
    assert "ClickHouse does not answer" in answer.error["message"]
