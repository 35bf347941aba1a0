"""The library's clients: the provider sees placeholders, and the caller's program never does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from token_optimizer import AsyncTokenOptimizer, OptimizerConfig, TokenOptimizer, optimize
from token_optimizer.masking.masker import Masker
from token_optimizer.models import Dialect

MAIL = "jo@example.com"
CONFIG = OptimizerConfig.preset("balanced", mask_detectors=["email"], api_key="app")
PLACEHOLDER = Masker(["email"], [], "app").placeholder(MAIL, "email")
MESSAGES = [{"role": "user", "content": f"Write to {MAIL}."}]
REPLY = Reply(
    text=f"I wrote to {PLACEHOLDER}.",
    tool_calls=(ToolCall("send", json.dumps({"to": PLACEHOLDER})),),
    piece_chars=3,
)
REQUESTS: dict[Dialect, dict[str, Any]] = {
    "openai": {"model": "gpt-4o", "messages": MESSAGES},
    "anthropic": {"model": "claude-opus-4-8", "messages": MESSAGES, "max_tokens": 99},
}


def resource(client: Any, dialect: Dialect) -> Any:
    return client.chat.completions if dialect == "openai" else client.messages


def shown(answer: Any) -> str:
    return json.dumps(answer.model_dump(mode="json"))


@pytest.mark.parametrize("dialect", REQUESTS)
def test_a_whole_answer(provider: MockProvider, dialect: Dialect) -> None:
    provider.script(REPLY)
    answer = resource(TokenOptimizer(CONFIG), dialect).create(**REQUESTS[dialect])
    assert MAIL.encode() not in provider.requests[0].raw
    assert PLACEHOLDER.encode() in provider.requests[0].raw
    assert PLACEHOLDER not in shown(answer)
    if dialect == "openai":
        message = answer.choices[0].message
        assert message.content == f"I wrote to {MAIL}."
        assert json.loads(message.tool_calls[0].function.arguments) == {"to": MAIL}
    else:
        assert answer.content[0].text == f"I wrote to {MAIL}."
        assert answer.content[1].input == {"to": MAIL}
    assert answer.optimizer_stats["trace_id"]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("dialect", REQUESTS)
def test_a_stream(provider: MockProvider, dialect: Dialect, kind: str) -> None:
    provider.script(REPLY)
    request = {**REQUESTS[dialect], "stream": True}
    if kind == "sync":
        events = list(resource(TokenOptimizer(CONFIG), dialect).create(**request))
    else:
        events = asyncio.run(_events(dialect, request))
    text = arguments = ""
    for event in events:
        delta = event.choices[0].delta if dialect == "openai" else getattr(event, "delta", None)
        text += getattr(delta, "content", None) or getattr(delta, "text", None) or ""
        arguments += getattr(delta, "partial_json", None) or ""
        for call in getattr(delta, "tool_calls", None) or ():
            arguments += call.function.arguments
    assert text == f"I wrote to {MAIL}."
    assert json.loads(arguments) == {"to": MAIL}
    assert MAIL.encode() not in provider.requests[0].raw


async def _events(dialect: Dialect, request: dict[str, Any]) -> list[Any]:
    stream = await resource(AsyncTokenOptimizer(CONFIG), dialect).create(**request)
    return [event async for event in stream]


def test_optimize_tells_what_placeholders_stand_for() -> None:
    messages, stats = optimize(MESSAGES, config=CONFIG)
    assert messages[0]["content"] == f"Write to {PLACEHOLDER}."
    assert stats.placeholders == {PLACEHOLDER: MAIL}
    assert MAIL not in json.dumps(stats.as_dict())


def test_without_detectors_nothing_is_masked() -> None:
    messages, stats = optimize(MESSAGES)
    assert (messages, stats.placeholders) == (MESSAGES, {})
