"""Shares, regression cases and examples over the API."""

from __future__ import annotations

import json

import pytest

from optimizer_app.configs.create import create_config
from optimizer_app.models import OptimizationConfig, PlaygroundExample, Project
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.releases.prompts import BODY, NEEDED, ROOMY, TIGHT

PROMPT = {"kind": "openai", "text": json.dumps(BODY)}
TO_TIGHT = {"preset": "safe", "fields": dict(TIGHT.fields), "base_version": 1}
HALF = {"by": "conversations", "percent": 50}


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return create_config(project, "agents", ROOMY, author=None)


def test_a_share_begins_is_compared_and_ends(call: Caller, config: OptimizationConfig) -> None:
    place = f"configs/{config.pk}"
    assert call("POST", f"{place}/publish/", {**TO_TIGHT, "share": HALF}).body["number"] == 2
    assert call("GET", f"{place}/").body["version"] == 1
    (share,) = call("GET", f"{place}/shares/").body
    assert (share["version"], share["by"], share["percent"], share["ended_at"]) == (
        2,
        "conversations",
        50,
        None,
    )
    assert [side["version"] for side in share["sides"]] == [1, 2]
    again = call("POST", f"{place}/publish/", {**TO_TIGHT, "fields": {}})
    assert (again.status, again.error["type"]) == (409, "conflict")
    assert call("POST", f"{place}/publish-share/", {}).body["number"] == 2
    assert call("GET", f"{place}/").body["version"] == 2
    assert call("POST", f"{place}/roll-back-share/").status == 409


def test_a_share_is_rolled_back(call: Caller, config: OptimizationConfig) -> None:
    place = f"configs/{config.pk}"
    call("POST", f"{place}/publish/", {**TO_TIGHT, "share": HALF})
    assert call("POST", f"{place}/roll-back-share/").body["outcome"] == "rolled_back"
    refused = call("POST", f"{place}/publish/", {**TO_TIGHT, "share": {**HALF, "percent": 100}})
    assert (refused.status, list(refused.error["fields"])) == (400, ["share.percent"])


def test_a_case_stops_publishing(call: Caller, config: OptimizationConfig) -> None:
    sent = {"project": str(config.project_id), "name": "deploy key", "prompt": PROMPT, "keep": NEEDED}
    made = call("POST", "regression-cases/", sent)
    assert (made.status, made.body["content"]["keep"]) == (201, NEEDED)
    place = f"configs/{config.pk}"
    assert [row["passed"] for row in call("POST", f"{place}/run-cases/").body] == [True]
    refused = call("POST", f"{place}/publish/", TO_TIGHT)
    assert (refused.status, refused.error["cases"][0]["missing"]) == (409, [NEEDED])
    unsaid = call("POST", f"{place}/publish/", {**TO_TIGHT, "anyway": True})
    assert (unsaid.status, list(unsaid.error["fields"])) == (400, ["note"])
    published = call("POST", f"{place}/publish/", {**TO_TIGHT, "anyway": True, "note": "gone"})
    assert (published.body["number"], published.body["failed_cases"]) == (2, 1)
    (listed,) = call("GET", "regression-cases/").body["results"]
    assert ("content" in listed, listed["results"][0]["version"]) == (False, 2)
    assert call("DELETE", f"regression-cases/{listed['id']}/").status == 204


def test_a_bad_case_is_refused_by_field(call: Caller, project: Project) -> None:
    sent = {"project": str(project.pk), "name": "x", "prompt": PROMPT, "keep": "Nobody said that."}
    assert list(call("POST", "regression-cases/", sent).error["fields"]) == ["keep"]
    broken = {**sent, "prompt": {**PROMPT, "text": "{"}}
    assert list(call("POST", "regression-cases/", broken).error["fields"]) == ["prompt.text"]


def test_cases_and_examples_of_others_do_not_exist(call: Caller, foreign_project: Project) -> None:
    sent = {"project": str(foreign_project.pk), "name": "x", "prompt": PROMPT, "keep": NEEDED}
    assert list(call("POST", "regression-cases/", sent).error["fields"]) == ["project"]
    assert list(call("POST", "examples/", sent).error["fields"]) == ["project"]


def test_an_example_is_saved_listed_and_read(call: Caller, project: Project) -> None:
    sent = {"project": str(project.pk), "name": "deploy", "prompt": {**PROMPT, "question": "Where?"}}
    made = call("POST", "examples/", sent)
    assert made.status == 201
    assert NEEDED not in PlaygroundExample.objects.get().encrypted_texts
    (listed,) = call("GET", f"examples/?project={project.pk}").body["results"]
    assert (listed["name"], "prompt" in listed) == ("deploy", False)
    read = call("GET", f"examples/{listed['id']}/").body
    assert (read["prompt"]["text"], read["prompt"]["question"]) == (PROMPT["text"], "Where?")
    assert list(call("POST", "examples/", sent).error["fields"]) == ["name"]
    assert call("DELETE", f"examples/{listed['id']}/").status == 204
