"""Prompt templates through the management API."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.models import Project
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.prompts.contents import QUESTION, RULES, content


@pytest.fixture
def made(call: Caller, project: Project) -> Any:
    answer = call("POST", "prompts/", {"project": str(project.pk), "name": "answers", **content()})
    assert answer.status == 201, answer.body
    return answer.body


def test_it_works(call: Caller, made: Any) -> None:
    place = f"prompts/{made['id']}"
    assert (made["name"], made["version"]) == ("answers", 1)
    newer = {**content(model="gpt-4o-mini"), "base_version": 1, "note": "cheaper"}
    published = call("POST", f"{place}/publish/", newer)
    assert (published.status, published.body["number"]) == (200, 2)
    assert published.body["content"]["messages"][0]["text"] == RULES
    back = call("POST", f"{place}/roll-back/", {"version": 1, "base_version": 2})
    assert (back.body["number"], back.body["copy_of"]) == (3, 1)
    versions = call("GET", f"{place}/versions/").body
    assert [(row["number"], row["author"], row["note"]) for row in versions] == [
        (3, "member", "Back to v1"),
        (2, "member", "cheaper"),
        (1, "member", ""),
    ]
    assert call("GET", "prompts/").body["results"][0]["version"] == 3
    assert call("DELETE", f"{place}/").status == 204
    assert call("GET", f"{place}/").status == 404


def test_refusals_name_the_field(call: Caller, project: Project, made: Any) -> None:
    place = f"prompts/{made['id']}"
    taken = call("POST", "prompts/", {"project": str(project.pk), "name": "answers", **content()})
    assert (taken.status, list(taken.error["fields"])) == (400, ["name"])
    system = content(messages=[{"role": "system", "text": "{{ tone }}"}, {"role": "user", "text": QUESTION}])
    refused = call("POST", f"{place}/publish/", {**system, "base_version": 1})
    assert list(refused.error["fields"]) == ["messages.0.text"]
    late = call("POST", f"{place}/publish/", {**content(model="x"), "base_version": 0})
    assert (late.status, late.error["live_version"], late.error["parts"][0]) == (409, 1, "dialect")
    same = call("POST", f"{place}/publish/", {**content(), "base_version": 1})
    assert same.status == 409
    gone = call("POST", f"{place}/roll-back/", {"version": 9, "base_version": 1})
    assert gone.status == 404


def test_rendered_and_reckoned(call: Caller, made: Any) -> None:
    place = f"prompts/{made['id']}"
    rendered = call("POST", f"{place}/render/", {"variables": {"question": "Who?"}}).body
    assert rendered["body"]["messages"][0] == {"role": "system", "content": RULES}
    assert rendered["body"]["messages"][1]["content"].endswith("In a formal tone: Who?")
    wrong = call("POST", f"{place}/render/", {"variables": {"tone": "rude"}})
    assert set(wrong.error["fields"]) == {"variables.tone", "variables.question"}
    cost = call("POST", f"{place}/cost/", {"requests": 10, "model": "gpt-4o"}).body
    assert (cost["requests"], cost["version"], cost["model"]) == (10, 1, "gpt-4o")
    tokens = cost["tokens"]
    assert tokens["total"] == tokens["stable"] + tokens["fixed_behind"] + tokens["variables"]
    assert float(cost["usd"]) > 0


def test_another_projects_template_does_not_exist(
    call: Caller, call_as_staff: Caller, foreign_project: Project
) -> None:
    body = {"project": str(foreign_project.pk), "name": "theirs", **content()}
    assert call("POST", "prompts/", body).status == 400
    theirs = call_as_staff("POST", "prompts/", body).body
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "publish/"), ("POST", "render/")):
        assert call(method, f"prompts/{theirs['id']}/{path}", {}).status == 404
