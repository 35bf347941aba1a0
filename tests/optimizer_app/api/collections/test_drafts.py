"""Drafts of configs over the API."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.publish import publish
from optimizer_app.models import OptimizationConfig, Project, PromptTemplate
from optimizer_app.prompts.versions.publish import publish as publish_prompt
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.prompts.contents import content
from tests.optimizer_app.releases.prompts import BODY, ROOMY, TIGHT

PROMPT = {"kind": "openai", "text": json.dumps(BODY)}
SAVED = {"preset": TIGHT.preset, "fields": dict(TIGHT.fields)}


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return create_config(project, "agents", ROOMY, author=None)


@pytest.fixture
def place(config: OptimizationConfig) -> str:
    return f"configs/{config.pk}"


def test_a_draft_is_saved_tried_and_discarded(call: Caller, place: str) -> None:
    assert call("GET", f"{place}/draft/").status == 404
    saved = call("PUT", f"{place}/draft/", SAVED).body
    assert (saved["base_version"], saved["is_behind"]) == (1, False)
    assert call("GET", f"{place}/draft/").body["fields"] == SAVED["fields"]
    tried = call("POST", f"{place}/try/", PROMPT).body
    assert tried["draft"]["tokens_after"] < tried["live"]["tokens_after"]
    assert tried["live"]["tokens_before"] == tried["draft"]["tokens_before"]
    changed = tried["changed_blocks"][0]
    assert changed["live"]["fate"] != changed["draft"]["fate"]
    assert call("DELETE", f"{place}/draft/").status == 204
    assert call("GET", f"{place}/draft/").status == 404


def test_a_draft_that_changes_nothing_is_none(call: Caller, place: str) -> None:
    live = {"preset": ROOMY.preset, "fields": dict(ROOMY.fields)}
    assert call("PUT", f"{place}/draft/", live).status == 204


def test_a_draft_goes_on_top_of_what_others_published(
    call: Caller, config: OptimizationConfig, place: str, admin: User
) -> None:
    call("PUT", f"{place}/draft/", {"preset": "safe", "fields": {"keep_last_n_turns": 2}})
    publish(config, admin, ConfigValues("safe", {**ROOMY.fields, "dedupe_window": 3}), base_version=1)
    assert call("GET", f"{place}/draft/").body["is_behind"]
    rebased = call("POST", f"{place}/rebase-draft/").body
    assert (rebased["base_version"], rebased["is_behind"]) == (2, False)
    assert rebased["fields"] == {"keep_last_n_turns": 2, "dedupe_window": 3}


def test_a_draft_of_a_template_is_saved_rebased_and_discarded(
    call: Caller, project: Project, admin: User
) -> None:
    made = call("POST", "prompts/", {"project": str(project.pk), "name": "answers", **content()}).body
    place = f"prompts/{made['id']}"
    assert call("GET", f"{place}/draft/").status == 404
    saved = call("PUT", f"{place}/draft/", content(model="gpt-4o-mini")).body
    assert (saved["base_version"], saved["content"]["model"]) == (1, "gpt-4o-mini")
    template = PromptTemplate.objects.get(pk=made["id"])
    publish_prompt(template, admin, content(parameters={"temperature": 1}), base_version=1, note="")
    rebased = call("POST", f"{place}/rebase-draft/").body
    assert (rebased["base_version"], rebased["is_behind"]) == (2, False)
    assert rebased["content"]["model"] == "gpt-4o-mini"
    assert rebased["content"]["parameters"] == {"temperature": 1}
    assert call("DELETE", f"{place}/draft/").status == 204
    assert call("POST", f"{place}/rebase-draft/").status == 404


def test_what_cannot_be_used_is_refused_by_field(call: Caller, place: str) -> None:
    refused = call("PUT", f"{place}/draft/", {"preset": "safe", "fields": {"keep_last_n_turns": -1}})
    assert list(refused.error["fields"]) == ["fields.keep_last_n_turns"]
    broken = call("POST", f"{place}/try/", {"kind": "openai", "text": "{"})
    assert list(broken.error["fields"]) == ["text"]
    assert call("POST", f"{place}/rebase-draft/").status == 404
