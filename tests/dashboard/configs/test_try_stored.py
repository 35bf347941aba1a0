"""A draft tried on requests whose texts are kept, and on a named set."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.configs.trial import views
from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import Capture, OptimizationConfig, Project
from optimizer_app.playground.stored.sets import save_captured
from tests.dashboard.pages import page_text
from tests.optimizer_app.captures.kept import kept_trace


@pytest.fixture
def config(project: Project, member: User) -> OptimizationConfig:
    made = create_config(project, "agents", ConfigValues("balanced"), author=None, is_default=True)
    save_draft(made, member, ConfigValues("safe"))
    return made


def tried(client: Client, config: OptimizationConfig, chosen: str) -> str:
    answer = client.post(f"/configs/{config.pk}/try", {"example": chosen}, headers={"HX-Request": "true"})
    return answer.content.decode()


def test_the_newest_requests(as_member: Client, config: OptimizationConfig) -> None:
    for _ in range(2):
        kept_trace(config.project, config_name="agents")
    kept_trace(config.project, config_name="other")
    assert "Newest 2 requests that it keeps" in page_text(as_member, f"/configs/{config.pk}")
    text = tried(as_member, config, "captured:2")
    assert "Together" in text
    assert f"subject={config.pk}%3Adraft&amp;config=agents" in text


def test_a_set(as_member: Client, config: OptimizationConfig, member: User) -> None:
    save_captured(kept_trace(config.project), "jobs", member)
    assert "Set jobs, 1" in page_text(as_member, f"/configs/{config.pk}")
    assert "Directives at risk" in tried(as_member, config, "set:jobs")
    assert "This cannot be tried" in tried(as_member, config, "set:nonsense")


def test_one_whose_text_went_meanwhile(as_member: Client, config: OptimizationConfig) -> None:
    kept_trace(config.project, config_name="agents", body={"nonsense": 1})
    assert "This cannot be tried: messages is missing" in tried(as_member, config, "captured:1")
    Capture.objects.all().delete()
    assert "This cannot be tried: paste a prompt" in tried(as_member, config, "captured:1")


def test_a_page_takes_so_long(
    as_member: Client, config: OptimizationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MAX_SECONDS", 0.0)
    for _ in range(2):
        kept_trace(config.project, config_name="agents")
    assert "Tokens before" in tried(as_member, config, "captured:2")
