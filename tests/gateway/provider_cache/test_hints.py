"""What is added to requests for the provider's cache, and what is not; what the trace says of it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import redis
from django.conf import settings

from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account
from tests.gateway.provider_cache.sessions import PATHS, RULES, session_turns
from tests.provider.mock_provider import MockProvider, Reply
from token_optimizer.models import Dialect

CLAUDE = "claude-sonnet-4-5"
OWN_MARK = {"type": "ephemeral"}


def send(account: Account, body: Any, dialect: Dialect = "anthropic", **headers: str) -> dict[str, Any]:
    """The trace of a request with this body."""
    answer = account.post(PATHS[dialect], body, headers=headers)
    assert answer.status_code == 200, answer.text
    return account.trace(answer.headers["x-optimizer-trace-id"])


def places(trace: dict[str, Any]) -> list[tuple[str, str]]:
    return [(mark["place"], mark["lifetime"]) for mark in trace["breakpoints_added"]]


def of_its_own(body: dict[str, Any]) -> dict[str, Any]:
    """The body with a system text that no other request has."""
    return {**body, "system": f"{uuid.uuid4()} {body['system']}"}


def test_a_prompt_that_comes_once_is_not_marked(account: Account, provider: MockProvider) -> None:
    trace = send(account, of_its_own(next(session_turns("anthropic", CLAUDE))))

    assert trace["breakpoints_added"] == []
    assert b"cache_control" not in provider.requests[0].raw


def test_a_conversation_is_marked_from_its_second_turn_on(account: Account, provider: MockProvider) -> None:
    first, second = list(session_turns("anthropic", CLAUDE, 2))
    system = of_its_own(first)["system"]
    send(account, {**first, "system": system})
    trace = send(account, {**second, "system": system})

    assert places(trace) == [("system", "5m"), ("turn_before", "5m"), ("newest_turn", "5m")]
    assert provider.requests[1].raw.count(b'"cache_control":{"type":"ephemeral"}') == 3


def test_a_system_text_that_came_before_is_marked(account: Account, provider: MockProvider) -> None:
    body = of_its_own(next(session_turns("anthropic", CLAUDE)))
    another = {**body, "messages": [{"role": "user", "content": "What is next on the plan?"}]}
    send(account, body)

    assert places(send(account, another)) == [("system", "5m")]


def test_gaps_of_ten_minutes_ask_for_an_hour(account: Account, provider: MockProvider) -> None:
    first, second, third = list(session_turns("anthropic", CLAUDE, 3))
    system = of_its_own(first)["system"]
    for body in (first, second):
        send(account, {**body, "system": system})
        _move_back(account, 600)
    trace = send(account, {**third, "system": system})

    assert places(trace) == [("system", "1h"), ("turn_before", "1h"), ("newest_turn", "1h")]


def _move_back(account: Account, seconds: int) -> None:
    """What is known of the project's prompts came so long ago."""
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as valkey:
        for key in valkey.scan_iter(f"provider_cache:{{{account.project.id}}}:*"):
            valkey.hincrbyfloat(key, "at", -seconds)


def test_a_prompt_below_the_least_length_is_not_marked(account: Account, provider: MockProvider) -> None:
    for question in ("One?", "Two?"):
        send(account, {"model": CLAUDE, "max_tokens": 9, "messages": [{"role": "user", "content": question}]})

    assert all(b"cache_control" not in request.raw for request in provider.requests)


@pytest.mark.parametrize("where", ["top", "system", "message"])
def test_a_client_that_marks_is_left_alone(account: Account, provider: MockProvider, where: str) -> None:
    for body in session_turns("anthropic", CLAUDE, 2):
        if where == "top":
            body["cache_control"] = OWN_MARK
        elif where == "system":
            body["system"] = [{"type": "text", "text": body["system"], "cache_control": OWN_MARK}]
        else:
            body["messages"][0] = {
                "role": "user",
                "content": [{"type": "text", "text": "Fix it.", "cache_control": OWN_MARK}],
            }
        trace = send(account, body)

    assert trace["breakpoints_added"] == []
    assert provider.requests[1].raw.count(b"cache_control") == 1


def test_nothing_is_added_where_the_config_says_off(account: Account, provider: MockProvider) -> None:
    fields = {"provider_cache": "off"}
    OptimizationConfig.objects.create(project=account.project, name="plain", fields=fields)
    for dialect, model in (("anthropic", CLAUDE), ("openai", "gpt-5.6")):
        for body in session_turns(dialect, model, 2):  # type: ignore[arg-type]
            send(account, body, dialect, **{"x-optimizer-config": "plain"})  # type: ignore[arg-type]

    assert all(b'"cache_control"' not in request.raw for request in provider.requests)
    assert all(b"prompt_cache" not in request.raw for request in provider.requests)


def test_openai_gets_a_key_and_its_own_bytes(account: Account, provider: MockProvider) -> None:
    raw = b'{ "model": "gpt-4o", "messages": [{"role": "user", "content": "%s"}], "top_p": 1.0 }'
    raw %= RULES.encode()
    account.post("/v1/chat/completions", data=raw)
    sent = provider.requests[0]
    key = sent.json["prompt_cache_key"]

    assert sent.raw == raw[:-1] + b',"prompt_cache_key":"%s"}' % key.encode()
    own = {**json.loads(raw), "prompt_cache_key": "mine"}
    account.post("/v1/chat/completions", own)
    assert provider.requests[1].json["prompt_cache_key"] == "mine"


def test_a_prompt_that_is_too_short_for_the_cache_goes_out_as_it_came(
    account: Account, provider: MockProvider
) -> None:
    raw = b'{ "model": "gpt-4o", "messages": [{"role": "user", "content": "Say 1.50."}] }'
    account.post("/v1/chat/completions", data=raw)

    assert provider.requests[0].raw == raw


def test_models_that_bill_writes_are_told_where_instructions_end(
    account: Account, provider: MockProvider
) -> None:
    trace = send(account, next(session_turns("openai", "gpt-5.6")), "openai")

    assert places(trace) == [("system", "30m")]
    part = provider.requests[0].json["messages"][0]["content"][-1]
    assert part["prompt_cache_breakpoint"] == {"mode": "explicit"}
    send(account, next(session_turns("openai", "gpt-4o")), "openai")
    assert b"prompt_cache_breakpoint" not in provider.requests[1].raw


def test_a_server_that_refuses_a_field_is_asked_without(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(status=400, message="Unrecognized request argument supplied: prompt_cache_key"))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": RULES}], "stream": True}
    for _ in range(2):
        assert account.post("/v1/chat/completions", body).status_code == 200

    keys = [request.json.get("prompt_cache_key") for request in provider.requests]
    assert keys[0]
    assert keys[1:] == [None, None]
    # What it did not refuse is asked for as before.
    assert all("stream_options" in request.json for request in provider.requests)


def test_marks_that_are_refused_are_not_in_the_trace(account: Account, provider: MockProvider) -> None:
    first, second = list(session_turns("anthropic", CLAUDE, 2))
    send(account, first)
    provider.script(Reply(status=400, message="cache_control: Extra inputs are not permitted"))
    trace = send(account, second)

    assert trace["breakpoints_added"] == []
    assert b"cache_control" not in provider.requests[-1].raw


def test_off_mode_adds_nothing(account: Account, provider: MockProvider) -> None:
    raw = b'{"model":"gpt-5.6", "messages":[{"role":"user","content":"Hi."}]}'
    account.post("/v1/chat/completions", data=raw, headers={"x-optimizer-mode": "off"})

    assert provider.requests[0].raw == raw
