"""Prompt templates through the gateway: by their own path, and by a header on an ordinary call."""

from __future__ import annotations

import gzip
import json
from typing import Any

import anthropic
import openai
import pytest

from optimizer_app.models import PromptTemplate
from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.versions.publish import publish
from tests.gateway.accounts import ANTHROPIC_SECRET, Account
from tests.optimizer_app.prompts.contents import RULES, anthropic_content, content, shared_start
from tests.provider.mock_provider import MockProvider

NAME = "support-answer"
VALUES = {"question": "Where is order 1007?"}
ASKED = "Rules of the day follow.\n\n\nIn a formal tone: Where is order 1007?"


@pytest.fixture
def author(transactional_db: None) -> Any:
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


@pytest.fixture
def template(account: Account, author: Any) -> PromptTemplate:
    return published(account, author, content())


def published(account: Account, author: Any, made: dict[str, Any], name: str = NAME) -> PromptTemplate:
    template = create_template(account.project, name)
    publish(template, author, made, base_version=0)
    return template


def test_it_works(account: Account, provider: MockProvider, template: PromptTemplate) -> None:
    answer = account.post(f"/v1/prompts/{NAME}", {"variables": VALUES})
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == provider.default.text
    received = provider.requests[0]
    assert received.path == "/v1/chat/completions"
    assert received.json["model"] == "gpt-4o"
    assert received.json["temperature"] == 0
    assert received.json["messages"][0] == {"role": "system", "content": RULES}
    assert received.json["messages"][1]["content"].split() == ASKED.split()
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["prompt_name"], trace["prompt_version"], trace["status"]) == (NAME, 1, "ok")


def test_the_stable_part_is_sent_as_the_same_bytes(
    account: Account, provider: MockProvider, template: PromptTemplate
) -> None:
    for question in ("Where is order 1007?", "What does the contract say of delays? " * 40):
        assert account.post(f"/v1/prompts/{NAME}", {"variables": {"question": question}}).ok
    one, other = (json.dumps(request.json, ensure_ascii=False) for request in provider.requests)
    assert json.dumps(RULES)[1:-1] in shared_start(one, other)


def test_a_stream(account: Account, provider: MockProvider, template: PromptTemplate) -> None:
    answer = account.post(f"/v1/prompts/{NAME}", {"variables": VALUES, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.rstrip().endswith("data: [DONE]")
    assert account.trace(answer.headers["x-optimizer-trace-id"])["stream"] is True


def test_an_anthropic_template_is_sent_as_a_message(
    account: Account, provider: MockProvider, author: Any
) -> None:
    published(account, author, anthropic_content(marks_stable_part=True), "claude")
    answer = account.post("/v1/prompts/claude", {"variables": VALUES})
    assert answer.json()["content"][0]["text"] == provider.default.text
    received = provider.requests[0]
    assert (received.path, received.headers["x-api-key"]) == ("/v1/messages", ANTHROPIC_SECRET)
    assert received.headers["anthropic-version"] == "2023-06-01"
    assert received.json["system"][0]["text"] == RULES
    assert "cache_control" in received.json["messages"][0]["content"][0]
    refused = account.post("/v1/prompts/claude", {"variables": {}})
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert "variables.question is missing" in refused.json()["error"]["message"]


def test_by_a_header_with_the_official_clients(
    account: Account, provider: MockProvider, template: PromptTemplate, author: Any
) -> None:
    """Fields of the body stand in place of the template's; its messages follow."""
    further: list[Any] = [
        {"role": "assistant", "content": "At the depot."},
        {"role": "user", "content": "Since?"},
    ]
    account.openai.chat.completions.create(
        model="gpt-4o-mini",
        messages=further,
        extra_headers={"X-Optimizer-Prompt": f"{NAME}@1"},
        extra_body={"variables": VALUES},
    )
    received = provider.requests[0].json
    assert (received["model"], received["temperature"]) == ("gpt-4o-mini", 0)
    assert [message["role"] for message in received["messages"]] == ["system", "user", "assistant", "user"]
    assert received["messages"][2:] == further
    assert "variables" not in received
    published(account, author, anthropic_content(), "claude")
    account.anthropic.messages.create(
        model="claude-opus-4-8",
        max_tokens=7,
        messages=[],
        extra_headers={"X-Optimizer-Prompt": "claude"},
        extra_body={"variables": VALUES},
    )
    assert provider.requests[1].json["max_tokens"] == 7


@pytest.mark.parametrize("mode", ["on", "off"])
def test_a_body_that_came_compressed(
    account: Account, provider: MockProvider, template: PromptTemplate, mode: str
) -> None:
    answer = account.post(
        f"/v1/prompts/{NAME}",
        data=gzip.compress(json.dumps({"variables": VALUES}).encode()),
        headers={"content-encoding": "gzip", "content-type": "application/json", "x-optimizer-mode": mode},
    )
    assert answer.status_code == 200, answer.text
    assert provider.requests[0].json["messages"][0]["content"] == RULES
    assert (answer.headers["x-optimizer-route"] == "bypass") == (mode == "off")


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({}, "variables.question", "variables.question is missing: it must be a string"),
        ({"variables": {"question": 1}}, "variables.question", "must be a string"),
        ({"variables": {**VALUES, "tone": "rude"}}, "variables.tone", "one of formal, friendly"),
        ({"variables": {**VALUES, "x": 1}}, "variables.x", "is no variable of this template"),
        ({"variables": []}, "variables", "variables must be an object, not a list"),
        ({"variables": VALUES, "messages": "hi"}, "messages", "messages must be a list, not a string"),
        ({"variables": VALUES, "system": "hi"}, "system", "the prompt template's own"),
        ({"variables": VALUES, "model": 3}, "model", "model must be a string"),
    ],
)
def test_what_is_refused(
    account: Account, provider: MockProvider, template: PromptTemplate, body: Any, param: str, said: str
) -> None:
    answer = account.post(f"/v1/prompts/{NAME}", body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert said in error["message"]
    assert not provider.requests
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["prompt_name"], trace["http_status"]) == (NAME, 400)


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("nobody", 404, "there is no prompt template 'nobody' that is published in this project"),
        (f"{NAME}@2", 404, "with a version 2"),
        (f"{NAME}@x", 400, "write name, or name@version"),
    ],
)
def test_a_template_that_there_is_not(
    account: Account, template: PromptTemplate, name: str, status: int, said: str
) -> None:
    answers = (
        account.post(f"/v1/prompts/{name}", {"variables": VALUES}),
        account.post("/v1/chat/completions", {"variables": VALUES}, headers={"x-optimizer-prompt": name}),
    )
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["param"]) == (status, "prompt")
        assert said in answer.json()["error"]["message"]


def test_a_template_of_the_other_dialect_is_refused(account: Account, template: PromptTemplate) -> None:
    with pytest.raises(anthropic.BadRequestError, match="is for openai, not for /v1/messages"):
        account.anthropic.messages.create(
            model="c", max_tokens=1, messages=[], extra_headers={"X-Optimizer-Prompt": NAME}
        )


def test_another_projects_template_does_not_exist(
    account: Account, echo_account: Account, template: PromptTemplate
) -> None:
    assert echo_account.post(f"/v1/prompts/{NAME}", {"variables": VALUES}).status_code == 404
    with pytest.raises(openai.NotFoundError):
        echo_account.openai.chat.completions.create(
            model="gpt-4o", messages=[], extra_headers={"X-Optimizer-Prompt": NAME}
        )


def test_only_posts_are_answered(account: Account) -> None:
    assert account.get(f"/v1/prompts/{NAME}").status_code == 404
