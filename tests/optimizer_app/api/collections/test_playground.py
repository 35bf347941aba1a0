"""The playground over the API."""

from __future__ import annotations

import json

from optimizer_app.configs.create import create_config
from optimizer_app.models import Project, Role
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.releases.prompts import BODY, NEEDED, ROOMY, TIGHT

PROMPT = {"kind": "openai", "text": json.dumps(BODY)}


def test_a_prompt_is_tried_in_columns(call: Caller, project: Project) -> None:
    create_config(project, "roomy", ROOMY, author=None)
    columns = [
        {"config": "roomy"},
        {"config": "roomy", "settings": dict(TIGHT.fields)},
        {"config": "safe", "budget_tokens": 80},
    ]
    sent = {"project": str(project.pk), "prompt": PROMPT, "model": "gpt-4o-mini", "columns": columns}
    roomy, tight, small = call("POST", "playground/", sent).body
    assert roomy["tokens_before"] == tight["tokens_before"] > tight["tokens_after"]
    assert NEEDED in json.dumps(roomy["sent"])
    assert NEEDED not in json.dumps(tight["sent"])
    assert small["tokens_after"] <= 80
    assert (roomy["costs"][0]["model"], roomy["sent"]["model"]) == ("gpt-4o-mini", "gpt-4o-mini")
    assert sum(block["tokens_before"] for block in roomy["blocks"]) == roomy["tokens_before"]


def test_the_model_is_asked_with_both(call: Caller, project: Project) -> None:
    sent = {"project": str(project.pk), "prompt": PROMPT, "column": {"settings": dict(TIGHT.fields)}}
    answers = call("POST", "playground/ask/", sent).body
    assert answers["original"]["input_tokens"] > answers["sent"]["input_tokens"] > 0
    assert answers["sent"]["text"].startswith("Echo: received")
    assert answers["sent"]["usd"] == "0.000000000"


def test_what_cannot_be_tried_is_named(call: Caller, project: Project, foreign_project: Project) -> None:
    sent = {"project": str(project.pk), "prompt": PROMPT, "columns": [{}]}
    broken = {**sent, "prompt": {"kind": "openai", "text": "{"}}
    assert list(call("POST", "playground/", broken).error["fields"]) == ["prompt.text"]
    unknown = {**sent, "columns": [{"config": "draft:none"}]}
    assert list(call("POST", "playground/", unknown).error["fields"]) == ["config"]
    odd = {**sent, "columns": [{"settings": {"keep_last_n_turns": -1}}]}
    assert "keep_last_n_turns" in call("POST", "playground/", odd).error["message"]
    theirs = {**sent, "project": str(foreign_project.pk)}
    assert list(call("POST", "playground/", theirs).error["fields"]) == ["project"]


def test_asking_is_for_those_who_may_change(call: Caller, project: Project) -> None:
    project.memberships.update(role=Role.VIEWER)
    sent = {"project": str(project.pk), "prompt": PROMPT}
    assert call("POST", "playground/", {**sent, "columns": [{}]}).status == 200
    assert call("POST", "playground/ask/", sent).status in (400, 403)
