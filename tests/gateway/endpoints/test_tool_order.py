"""The order of tools is the client's: another one would be another prompt to the provider's cache."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, MODEL
from tests.provider.mock_provider import MockProvider
from token_optimizer.models import Dialect

NAMES = [f"tool_{number * 7 % 30}" for number in range(30)]
SCHEMA = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}
TURNS = ("Which of the parcels is late?", "And which one comes first?")


def _tool(dialect: Dialect, name: str) -> dict[str, Any]:
    said = f"Does what {name} does. It MUST be called once. " * 3
    if dialect == "anthropic":
        return {"name": name, "description": said, "input_schema": SCHEMA}
    head = {"name": name, "description": said, "parameters": SCHEMA}
    return {"type": "function", "function": head} if dialect == "openai" else {"type": "function", **head}


def _request(dialect: Dialect, turns: int) -> tuple[str, dict[str, Any]]:
    said = [{"role": role, "content": text} for text in TURNS[:turns] for role in ("user", "assistant")][:-1]
    tools = [_tool(dialect, name) for name in NAMES]
    if dialect == "openai":
        return "/v1/chat/completions", {"model": MODEL, "messages": said, "tools": tools}
    if dialect == "anthropic":
        return "/v1/messages", {"model": CLAUDE, "max_tokens": 99, "messages": said, "tools": tools}
    return "/v1/responses", {"model": MODEL, "input": said, "tools": tools, "store": False}


def _unmarked(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool without its mark for the cache, which is no part of what is cached."""
    return {name: value for name, value in tool.items() if name != "cache_control"}


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_tools_go_out_in_the_clients_order_on_every_turn(
    account: Account, provider: MockProvider, dialect: Dialect
) -> None:
    for turns in (1, 2):
        path, body = _request(dialect, turns)
        assert account.post(path, body).status_code == 200
    first, second = (request.json["tools"] for request in provider.requests)
    sent = [tool.get("name") or tool["function"]["name"] for tool in first]
    assert [name for name in sent if name != "read_back"] == NAMES
    assert list(map(_unmarked, second)) == list(map(_unmarked, first))
