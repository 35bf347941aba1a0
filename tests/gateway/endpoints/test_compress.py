"""`POST /v1/compress`, as other gateways call it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.accounts import Account
from tests.gateway.prompts import MODEL, openai_agent
from tests.gateway.read_back.prompts import chat
from tests.provider.mock_provider import MockProvider
from token_optimizer.tokens.counts import count_body

PATH = "/v1/compress"
LATER = "Which worker took order 640, and how long did that take?"


def test_messages_come_back_smaller_and_as_many(account: Account, provider: MockProvider) -> None:
    sent = openai_agent()
    # What LiteLLM's guardrail sends: settings for a compressor of its own.
    answer = account.post(PATH, {"messages": sent, "model": MODEL, "config": {"mode": "ccr"}})
    body = answer.json()

    assert [message["role"] for message in body["messages"]] == [message["role"] for message in sent]
    before, after = (count_body({"messages": m}, "openai", MODEL) for m in (sent, body["messages"]))
    assert (body["tokens_before"], body["tokens_after"]) == (before, after)
    assert body["tokens_saved"] == before - after > 0
    assert body["compression_ratio"] == after / before
    assert body["transforms_applied"]
    assert not provider.requests
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["provider"], trace["tokens_after"]) == ("", after)


def test_a_prompt_that_would_lose_a_message_comes_back_as_it_came(account: Account) -> None:
    said = "and so on " * 40
    turns = [(role, number) for number in range(9) for role in ("user", "assistant")]
    old = [{"role": role, "content": f"{role} says {number} {said}"} for role, number in turns]
    sent = [*old, {"role": "user", "content": "What is the capital of France?"}]
    answer = account.post(PATH, {"messages": sent, "model": MODEL, "budget_tokens": 120})

    assert answer.json()["messages"] == sent
    assert answer.json()["tokens_saved"] == 0
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["tokens_before"] == trace["tokens_after"]
    assert trace["fallback_reason"] == "the caller needs as many messages as it sent"


def test_a_body_without_messages_is_refused(account: Account) -> None:
    answer = account.post(PATH, {"model": MODEL})
    assert answer.status_code == 400
    assert "messages" in answer.text


def _turns() -> tuple[list[Any], list[Any]]:
    """The messages of one turn, and of the next, which asks for what was cut."""
    first = chat()["messages"]
    return first, [*first, {"role": "assistant", "content": "It failed."}, {"role": "user", "content": LATER}]


def _compressed(account: Account, messages: list[Any], **options: Any) -> tuple[list[Any], dict[str, Any]]:
    body = {"messages": messages, "model": MODEL, **options.pop("fields", {})}
    answer = account.post(PATH, body, **options)
    return answer.json()["messages"], account.trace(answer.headers["x-optimizer-trace-id"])


def test_what_was_given_back_once_stays_as_it_was_on_the_next_turn(account: Account) -> None:
    first, second = _turns()
    given, _ = _compressed(account, first)
    again, trace = _compressed(account, second)
    assert given != first
    assert again[: len(given)] == given
    assert trace["cache_hit"] is False


def test_conversations_are_told_apart_by_the_ids_of_their_gateway(account: Account) -> None:
    first, second = _turns()
    by_header = {"headers": {"x-optimizer-conversation": "one"}}
    _, begun = _compressed(account, first, **by_header)
    _, same = _compressed(account, second, **by_header)
    _, in_body = _compressed(account, second, fields={"conversation_id": "one"})
    _, other = _compressed(account, second, fields={"conversation_id": "two"})
    assert same["conversation_id"] == in_body["conversation_id"] == begun["id"]
    assert other["conversation_id"] == other["id"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"headers": {"x-optimizer-conversation": "x" * 201}}, "X-Optimizer-Conversation"),
        ({"fields": {"conversation_id": 7}}, "conversation_id"),
        ({"fields": {"conversation_id": "x" * 201}}, "conversation_id"),
    ],
)
def test_an_id_that_cannot_be_one_is_refused(account: Account, options: Any, named: str) -> None:
    body = {"messages": _turns()[0], "model": MODEL, **options.pop("fields", {})}
    answer = account.post(PATH, body, **options)
    assert answer.status_code == 400
    assert named in answer.json()["error"]["message"]
