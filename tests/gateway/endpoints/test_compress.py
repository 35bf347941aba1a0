"""`POST /v1/compress`, as other gateways call it."""

from __future__ import annotations

from tests.gateway.accounts import Account
from tests.gateway.prompts import MODEL, openai_agent
from tests.mock_provider import MockProvider
from token_optimizer.tokens.counts import count_body

PATH = "/v1/compress"


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
