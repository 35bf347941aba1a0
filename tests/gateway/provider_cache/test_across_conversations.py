"""Of two conversations with the same tools the second finds as much in the provider's cache as without us."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.gateway.accounts import Account
from tests.gateway.provider_cache.sessions import PATHS, RULES
from tests.provider.mock_cache import MockCache
from tests.provider.mock_provider import MockProvider
from tests.token_optimizer.optimizer.tools.need.test_deferral import TOOLS
from token_optimizer.models import Dialect

QUESTIONS = ("Which berth is free for the ferry tonight?", "Post the fee to book 7 on account 4711.")
TOLD_TOKENS = 80
# OpenAI's cache finds beginnings in such steps.
STEP_TOKENS = 128
MODELS: list[tuple[Dialect, str]] = [
    ("anthropic", "claude-sonnet-4-5"),
    ("openai", "gpt-4o"),
    ("openai", "gpt-5.6"),
    ("responses", "gpt-5.6"),
]


def conversation(dialect: Dialect, model: str, system: str, question: str) -> dict[str, Any]:
    """The first turn of a conversation, which asks for the cache where nothing is cached unasked."""
    asked = {"role": "user", "content": question}
    if dialect == "anthropic":
        marked = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
        tools = [_anthropic(tool["function"]) for tool in TOOLS]
        return {"model": model, "max_tokens": 9, "system": [marked], "tools": tools, "messages": [asked]}
    turn = [{"role": "system", "content": system}, asked]
    if dialect == "openai":
        return {"model": model, "tools": TOOLS, "messages": turn}
    tools = [{"type": "function", **tool["function"]} for tool in TOOLS]
    return {"model": model, "tools": tools, "input": turn, "store": False}


def _anthropic(function: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": function["name"],
        "description": function["description"],
        "input_schema": function["parameters"],
    }


def uncached(account: Account, provider: MockProvider, dialect: Dialect, model: str, mode: str) -> int:
    """The tokens of the second conversation that the provider did not read from its cache."""
    provider.cache = MockCache()
    system = f"{uuid.uuid4()} {RULES}"
    for question in QUESTIONS:
        body = conversation(dialect, model, system, question)
        answer = account.post(PATHS[dialect], body, headers={"x-optimizer-mode": mode})
        assert answer.status_code == 200, answer.text
    usage = answer.json()["usage"]
    if dialect == "anthropic":
        return int(usage["input_tokens"] + usage["cache_creation_input_tokens"])
    asked = "prompt" if dialect == "openai" else "input"
    return int(usage[f"{asked}_tokens"] - usage[f"{asked}_tokens_details"]["cached_tokens"])


@pytest.mark.parametrize(("dialect", "model"), MODELS)
def test_the_second_conversation_finds_tools_and_system_text(
    account: Account, provider: MockProvider, dialect: Dialect, model: str
) -> None:
    alone = uncached(account, provider, dialect, model, "off")
    whole, _ = (json.dumps(request.json["tools"]) for request in provider.requests)
    helped = uncached(account, provider, dialect, model, "on")
    first, second = (json.dumps(request.json["tools"]) for request in provider.requests[2:])

    assert first == second
    assert len(first) < len(whole)
    # What the first question left out of the tool of the second one is told beside that.
    assert helped <= alone + TOLD_TOKENS + (STEP_TOKENS if dialect == "openai" else 0)
