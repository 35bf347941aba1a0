"""The pages of replays, from a new one to two beside each other."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import OptimizationConfig, PlaygroundExample, Project, Replay, RequestTrace
from optimizer_app.tasks import run_replays
from tests.dashboard.pages import page_text
from tests.optimizer_app.captures.kept import kept_trace


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return create_config(project, "balanced", ConfigValues("balanced"), author=None, is_default=True)


@pytest.fixture
def trace(project: Project) -> RequestTrace:
    return kept_trace(project)


def made(client: Client, config: OptimizationConfig, path: str = "/replays/new", **fields: object) -> Replay:
    data = {"which": "newest", "count": "5", "subject": f"{config.pk}:1", **fields}
    answer = client.post(path, data)
    assert answer.status_code == 302, answer.content.decode()
    run_replays()
    return Replay.objects.latest("created_at")


def test_nothing_yet(as_member: Client, config: OptimizationConfig) -> None:
    assert "No replay yet" in page_text(as_member, "/replays")
    assert "No prompt to run" in page_text(as_member, "/replays/new")


def test_it_works(as_member: Client, config: OptimizationConfig, trace: RequestTrace) -> None:
    form = page_text(as_member, "/replays/new?config=balanced")
    assert "balanced v1, live" in form
    assert f'value="{trace.pk}"' in form
    replay = made(as_member, config, "/replays/new?config=balanced")
    assert replay.source == "the newest 1 request of config balanced"
    assert "balanced v1" in page_text(as_member, "/replays")
    page = page_text(as_member, f"/replays/{replay.pk}")
    assert "as they were sent" in page
    result = page_text(as_member, f"/replays/{replay.pk}/1")
    assert "Blocks that change" in result
    assert f"/requests/{trace.pk}" in result


def test_a_draft_beside_another_run(as_member: Client, config: OptimizationConfig, member: User) -> None:
    trace = kept_trace(config.project)
    first = made(as_member, config)
    save_draft(config, member, ConfigValues("safe"))
    again = f"/replays/new?again={first.pk}"
    assert "The prompts of" in page_text(as_member, again)
    second = made(as_member, config, again, which="again", subject=f"{config.pk}:draft")
    page = page_text(as_member, f"/replays/{second.pk}?with={first.pk}")
    assert re.search(rf'<option value="{first.pk}" selected', page)
    assert f"/replays/{second.pk}/1?with={first.pk}" in page
    assert str(trace.pk) in page


def test_picked_and_saved_in_a_set(
    as_member: Client, config: OptimizationConfig, trace: RequestTrace
) -> None:
    kept_trace(config.project)
    picked = made(as_member, config, which="picked", pick=[str(trace.pk), "nonsense"])
    assert [result.trace_id for result in picked.results.all()] == [trace.pk]
    nothing = as_member.post("/replays/new", {"which": "picked", "subject": f"{config.pk}:1", "count": "5"})
    assert "there is no prompt to run" in nothing.content.decode()
    as_member.post("/replays/new", {"do": "save", "save_as": "jobs", "pick": [str(trace.pk)]})
    assert PlaygroundExample.objects.get().set_name == "jobs"
    of_set = made(as_member, config, "/replays/new?set_name=jobs", which="set", set_name="jobs")
    assert of_set.source == "the set jobs"
    assert of_set.results.get().state == "done"


def test_sending_says_what_it_costs_first(
    as_member: Client, config: OptimizationConfig, trace: RequestTrace
) -> None:
    data = {"which": "newest", "count": "5", "subject": f"{config.pk}:1", "sends": "on"}
    asked = as_member.post("/replays/new", data).content.decode()
    assert "Send 1 prompt to the provider?" in asked
    assert "At most $0.0" in asked
    assert not Replay.objects.exists()
    replay = made(as_member, config, sends="on", confirmed="yes")
    result = page_text(as_member, f"/replays/{replay.pk}/1")
    assert "disk full" in result


def test_cancel_and_delete(as_member: Client, config: OptimizationConfig, trace: RequestTrace) -> None:
    as_member.post("/replays/new", {"which": "newest", "count": "5", "subject": f"{config.pk}:1"})
    replay = Replay.objects.get()
    assert "0</b> of 1 run" in page_text(as_member, f"/replays/{replay.pk}")
    as_member.post(f"/replays/{replay.pk}/cancel")
    assert "Stopped after 0 of" in page_text(as_member, f"/replays/{replay.pk}")
    as_member.get(f"/replays/{replay.pk}/delete")
    assert Replay.objects.exists()
    as_member.post(f"/replays/{replay.pk}/delete")
    assert not Replay.objects.exists()


def test_only_members_see_a_run(as_admin: Client, as_member: Client, foreign_project: Project) -> None:
    config = create_config(foreign_project, "x", ConfigValues("balanced"), author=None)
    kept_trace(foreign_project)
    replay = made(as_admin, config, f"/replays/new?project={foreign_project.name}")
    for path in ("", "/1", "/cancel", "/delete"):
        assert as_member.get(f"/replays/{replay.pk}{path}").status_code == 404
    assert "No replay yet" in page_text(as_member, "/replays")
