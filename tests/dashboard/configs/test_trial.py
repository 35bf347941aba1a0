"""A draft beside the live version, on prompts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import OptimizationConfig, Project, RequestTrace
from tests.dashboard.pages import page_text
from tests.optimizer_app.precompression.texts import prose

HTMX = {"HX-Request": "true"}
PROMPT = json.dumps(
    {
        "model": "gpt-4o",
        "messages": [
            {"role": "user", "content": "Tell me about the villages."},
            {"role": "assistant", "content": prose()},
            {"role": "user", "content": "You MUST say what 2 + 2 is."},
        ],
    }
)


@pytest.fixture
def config(project: Project, member: User, use_socket: Any, tmp_path: Any) -> OptimizationConfig:
    use_socket(tmp_path / "nobody.sock")
    config = create_config(project, "agents", ConfigValues("safe"), author=member)
    fields = {"max_input_tokens": 200, "safety_margin_tokens": 0, "keep_last_n_turns": 1}
    save_draft(config, member, ConfigValues("safe", fields))
    return config


def tried(client: Client, config: OptimizationConfig, **sent: str) -> str:
    answer = client.post(f"/configs/{config.pk}/try", sent, headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_figures_and_changed_blocks_stand_side_by_side(as_member: Client, config: OptimizationConfig) -> None:
    html = tried(as_member, config, prompt=PROMPT)
    text = " ".join(html.split())
    assert "Tokens sent" in text
    assert "0 of 1" in text
    assert "v1 draft" in " ".join(re.sub("<[^>]+>", " ", html).split())
    assert re.search("[0-9]+ blocks? changes? fate or size", text)
    assert text.count('<svg class="strip"') == 2
    assert not RequestTrace.objects.exists()


def test_without_scripts_the_page_shows_it(as_member: Client, config: OptimizationConfig) -> None:
    answer = as_member.post(f"/configs/{config.pk}/try", {"prompt": PROMPT})
    html = answer.content.decode()
    assert "<html" in html
    assert "Tokens sent" in html
    assert "You MUST say what 2 + 2 is." in html


def test_what_cannot_be_tried_is_said(as_member: Client, config: OptimizationConfig) -> None:
    assert "paste a prompt, or choose an example." in tried(as_member, config, prompt=" ")
    assert "messages must be a list, not int." in tried(as_member, config, prompt='{"messages": 1}')
    OptimizationConfig.objects.update(fields={"nonsense": 1})
    assert "unknown config field" in tried(as_member, config, prompt="Hello")


def test_an_example_is_tried(as_member: Client, config: OptimizationConfig) -> None:
    page = page_text(as_member, f"/configs/{config.pk}")
    assert '<option value="A small prompt with nothing to cut">' in page
    assert "Tokens sent" in tried(as_member, config, example="A small prompt with nothing to cut")


def test_a_stranger_cannot_try(as_member: Client, foreign_project: Project, admin: User) -> None:
    foreign = create_config(foreign_project, "secret", ConfigValues("safe"), author=admin)
    assert as_member.post(f"/configs/{foreign.pk}/try", {"prompt": "Hi"}).status_code == 404
