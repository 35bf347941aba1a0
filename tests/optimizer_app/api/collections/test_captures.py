"""Texts of requests and replays, by the management API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import Capture, OptimizationConfig, Project, Replay, ReplayResult
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.examples import save_example
from optimizer_app.playground.stored.sets import save_captured
from optimizer_app.replays.texts import ResultTexts
from optimizer_app.tasks import run_replays
from tests.optimizer_app.captures.kept import kept_trace


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return create_config(project, "agents", ConfigValues("balanced"), author=None, is_default=True)


def post(client: Client, path: str, **fields: Any) -> Any:
    return client.post(f"/api/{path}", fields, content_type="application/json")


def test_captures(as_member: Client, project: Project, foreign_project: Project) -> None:
    trace, theirs = kept_trace(project), kept_trace(foreign_project)
    kept_trace(project, days=-1)
    (row,) = as_member.get("/api/captures/").json()["results"]
    assert (row["id"], "body" in row) == (str(trace.pk), False)
    found = as_member.get(f"/api/captures/{trace.pk}/")
    assert "Why did the job fail?" in found.json()["body"]
    assert found.json()["blocks"]["b3"]["after"] == "ERROR disk full"
    assert found["Cache-Control"] == "private, no-store"
    assert as_member.get(f"/api/captures/{theirs.pk}/").status_code == 404
    assert as_member.delete(f"/api/captures/{theirs.pk}/").status_code == 404
    assert as_member.delete(f"/api/captures/{trace.pk}/").status_code == 204
    assert as_member.get(f"/api/captures/{trace.pk}/").status_code == 404
    kept_trace(project)
    assert post(as_member, "captures/delete-all/", project=str(project.pk)).json() == {"deleted": 2}
    assert post(as_member, "captures/delete-all/", project=str(foreign_project.pk)).status_code == 400
    assert Capture.objects.readable().count() == 1


def test_replays(as_member: Client, config: OptimizationConfig) -> None:
    trace = kept_trace(config.project)
    kept_trace(config.project)
    asked = {"config": str(config.pk), "traces": [str(trace.pk)]}
    cost = post(as_member, "replays/cost/", **asked).json()
    assert cost["prompts"] == 1
    assert float(cost["input_usd"]) > 0
    made = post(as_member, "replays/", **asked)
    assert made.status_code == 201
    run_replays()
    path = f"/api/replays/{made.json()['id']}/"
    assert as_member.get(path).json()["state"] == "done"
    (result,) = as_member.get(f"{path}results/").json()
    assert (result["trace_id"], result["state"]) == (str(trace.pk), "done")
    assert result["tokens_after"] < result["tokens_before"]
    assert as_member.post(f"{path}cancel/").status_code == 409
    assert as_member.delete(path).status_code == 204
    newest = post(as_member, "replays/", config=str(config.pk), newest=5).json()
    assert newest["source"] == "the newest 2 requests"


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"version": 9}, 400, "agents has no v9"),
        ({"draft": True}, 400, "you have no draft of agents"),
        ({"set": "nonsense"}, 409, "there is no prompt to run"),
        ({"newest": 0}, 400, "newest"),
    ],
)
def test_refused(
    as_member: Client, config: OptimizationConfig, fields: dict[str, Any], status: int, said: str
) -> None:
    kept_trace(config.project)
    answer = post(as_member, "replays/", config=str(config.pk), **fields)
    assert answer.status_code == status
    assert said in answer.content.decode()


def test_another_project_s_config_is_none(as_member: Client, foreign_project: Project) -> None:
    theirs = create_config(foreign_project, "theirs", ConfigValues("balanced"), author=None)
    assert post(as_member, "replays/", config=str(theirs.pk)).status_code == 400


def test_a_viewer_reads_no_words(
    as_viewer: Client, as_member: Client, member: User, project: Project, config: OptimizationConfig
) -> None:
    """Of requests, nor of what was made of them: examples, regression cases, answers of replays."""
    trace = kept_trace(project)
    assert as_viewer.get("/api/captures/").json()["results"][0]["id"] == str(trace.pk)
    assert as_viewer.get(f"/api/captures/{trace.pk}/").status_code == 403
    made = save_captured(trace, "a set", member)
    typed = save_example(project, "typed", ExampleTexts("text", "hello"), member)
    assert [row["name"] for row in as_viewer.get("/api/examples/").json()["results"]] == ["typed"]
    assert as_viewer.get(f"/api/examples/{made.pk}/").status_code == 404
    assert as_viewer.get(f"/api/examples/{typed.pk}/").status_code == 200
    assert as_viewer.get("/api/regression-cases/").json()["results"] == []
    replay = Replay.objects.create(
        project=project, config=config, config_name="agents", preset="balanced", sends=True
    )
    ReplayResult.objects.create(
        replay=replay, number=1, state="done", sealed=ResultTexts("The disk.").sealed()
    )
    answers = [
        client.get(f"/api/replays/{replay.pk}/results/").json()[0]["answer"]
        for client in (as_member, as_viewer)
    ]
    assert answers == ["The disk.", ""]
    assert b"The disk." in as_member.get(f"/replays/{replay.pk}/1").content
    assert b"The disk." not in as_viewer.get(f"/replays/{replay.pk}/1").content
