"""Shares, regression cases and examples over the API."""

from __future__ import annotations

import json

import pytest

from optimizer_app.configs.create import create_config
from optimizer_app.models import OptimizationConfig, PlaygroundExample, Project
from tests.dashboard.traces.rows import block, make_trace
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.captures.kept import kept_trace
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


def test_a_case_is_made_of_what_a_kept_request_lost(call: Caller, config: OptimizationConfig) -> None:
    trace = kept_trace(config.project)
    sent = {"project": str(config.project_id), "name": "the question", "trace_id": str(trace.pk), "block": 2}
    made = call("POST", "regression-cases/", sent).body
    assert made["content"]["keep"] == "Why did the job fail?"
    assert "ERROR disk full" in made["content"]["prompt"]["text"]
    beyond = call("POST", "regression-cases/", {**sent, "name": "none", "block": 99})
    assert list(beyond.error["fields"]) == ["block"]
    expired = kept_trace(config.project, days=-1)
    late = call("POST", "regression-cases/", {**sent, "name": "late", "trace_id": str(expired.pk)})
    assert (late.status, "expired" in late.error["message"]) == (409, True)
    bare = {"project": str(config.project_id), "name": "bare", "keep": "x"}
    assert list(call("POST", "regression-cases/", bare).error["fields"]) == ["prompt"]


def test_cases_are_run_under_a_draft(call: Caller, config: OptimizationConfig) -> None:
    place = f"configs/{config.pk}"
    sent = {"project": str(config.project_id), "name": "deploy key", "prompt": PROMPT, "keep": NEEDED}
    call("POST", "regression-cases/", sent)
    assert call("POST", f"{place}/run-cases/", {"draft": True}).status == 404
    call("PUT", f"{place}/draft/", {"preset": TIGHT.preset, "fields": dict(TIGHT.fields)})
    assert [row["passed"] for row in call("POST", f"{place}/run-cases/", {"draft": True}).body] == [False]
    assert [row["passed"] for row in call("POST", f"{place}/run-cases/").body] == [True]


def test_what_keeps_a_kind_of_block_is_set_in_a_draft(call: Caller, config: OptimizationConfig) -> None:
    blocks = [block(40, 40), block(9_000, 90, kind="log", stage="results")]
    trace = make_trace(config.project, blocks=blocks)
    place = f"configs/{config.pk}"
    kept = call("POST", f"{place}/keep-block/", {"trace": str(trace.pk), "block": 2}).body
    assert kept == {"field": "tool_result_tokens", "value": 9000}
    assert call("GET", f"{place}/draft/").body["fields"]["tool_result_tokens"] == 9000
    assert call("POST", f"{place}/keep-block/", {"trace": str(trace.pk), "block": 1}).status == 409
    assert call("POST", f"{place}/keep-block/", {"trace": str(trace.pk), "block": 3}).status == 400


def test_patterns_are_tried_on_a_sample(call: Caller) -> None:
    sent = {"patterns": ["^none$", "^(Sure|Okay).?$"], "sample": "Sure.\nThe build fails."}
    dropped, stays = call("POST", "configs/try-patterns/", sent).body
    assert (dropped["pattern"], stays["pattern"]) == (2, None)
    broken = call("POST", "configs/try-patterns/", {**sent, "patterns": ["ok", "("]})
    assert "pattern 2" in broken.error["fields"]["patterns"]


def test_requests_go_into_a_named_set(call: Caller, project: Project) -> None:
    trace = kept_trace(project)
    sent = {"project": str(project.pk), "trace": str(trace.pk), "set_name": "bad deploys"}
    made = call("POST", "examples/from-request/", sent).body
    assert (made["set_name"], made["trace_id"]) == ("bad deploys", str(trace.pk))
    config = create_config(project, "other", ROOMY, author=None)
    asked = {"config": str(config.pk), "set": "bad deploys"}
    assert call("POST", "replays/cost/", asked).body["prompts"] == 1
    expired = kept_trace(project, days=-1)
    assert call("POST", "examples/from-request/", {**sent, "trace": str(expired.pk)}).status == 409
