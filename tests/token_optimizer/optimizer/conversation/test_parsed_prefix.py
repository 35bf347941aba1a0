"""A turn on what the turn before read gives the very same as one that reads all of it anew."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from benchmarks.cases.conversations import conversation, next_turn
from token_optimizer import OptimizerConfig
from token_optimizer.models import Block, Dialect, OptimizationResult
from token_optimizer.optimizer.attempts import Attempt, Attempts
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.conversation.keys import conversation_salt
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.conversation.parsed_prefix import PARSED_PREFIXES
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports
from token_optimizer.text.cache import forget_texts

BALANCED = OptimizerConfig.preset("balanced")
TOOL = {"name": "read_log", "description": "Reads a log. By its path.", "parameters": {"type": "object"}}


def _openai(turns: int) -> Iterator[dict[str, Any]]:
    messages = conversation(4_000, seed=3)
    for number in range(turns):
        yield {"messages": messages, "tools": [{"type": "function", "function": TOOL}]}
        messages = next_turn(messages, seed=number)


def _anthropic(turns: int) -> Iterator[dict[str, Any]]:
    """The same with Anthropic's calls and results, its system text apart."""
    tool = {"name": "read_log", "description": "Reads a log. By its path.", "input_schema": {}}
    for body in _openai(turns):
        messages = [_as_anthropic(message) for message in body["messages"][1:]]
        yield {"system": body["messages"][0]["content"], "messages": messages, "tools": [tool]}


def _as_anthropic(message: dict[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        result = {"tool_use_id": message["tool_call_id"], "content": message["content"]}
        return {"role": "user", "content": [{"type": "tool_result", **result}]}
    calls = [
        {"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": {}}
        for call in message.get("tool_calls", ())
    ]
    return {
        "role": message["role"],
        "content": [{"type": "text", "text": message.get("content") or "-"}, *calls],
    }


def _sent(
    bodies: Iterator[dict[str, Any]], dialect: Dialect, *, forgetful: bool, **options: Any
) -> list[OptimizationResult]:
    memory = InProcessMemory()
    results = []
    for body in bodies:
        if forgetful:
            forget_texts()
        results.append(optimize_body(body, dialect, config=BALANCED, ports=Ports(memory=memory), **options))
    return results


@pytest.mark.parametrize("budget_tokens", [None, 2_500, 1_200])
@pytest.mark.parametrize(("dialect", "bodies"), [("openai", _openai), ("anthropic", _anthropic)])
def test_the_same_bytes_and_the_same_trace(dialect: Dialect, bodies: Any, budget_tokens: int | None) -> None:
    held = _sent(bodies(14), dialect, forgetful=False, budget_tokens=budget_tokens)
    anew = _sent(bodies(14), dialect, forgetful=True, budget_tokens=budget_tokens)
    assert [result.body for result in held] == [result.body for result in anew]
    assert [result.stats.blocks for result in held] == [result.stats.blocks for result in anew]
    assert [result.stats.compacted for result in held] == [result.stats.compacted for result in anew]
    assert [result.stats.tokens_after for result in held] == [result.stats.tokens_after for result in anew]


def test_the_next_turn_finds_what_the_last_one_read() -> None:
    memory = InProcessMemory()
    first, second = _openai(2)
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    salt = conversation_salt(BALANCED, None, "gpt-4o", "")
    history = ConversationHistory.find(memory, second, "openai", salt, None)
    assert len(history.prefix.sent) == len(first["messages"])
    other = ConversationHistory.find(
        memory, second, "openai", conversation_salt(BALANCED, None, "gpt-4o", "x"), None
    )
    assert not other.prefix.sent


def test_what_the_memory_has_otherwise_is_read_anew() -> None:
    """Another process may have compacted the conversation since."""
    memory = InProcessMemory()
    first, second = _openai(2)
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    salt = conversation_salt(BALANCED, None, "gpt-4o", "")
    history = ConversationHistory.find(memory, second, "openai", salt, None)
    memory.set_many({history.keys[len(history.known) - 1]: history.known[0]})
    assert not ConversationHistory.find(memory, second, "openai", salt, None).prefix.sent


def test_documents_are_read_anew_on_every_turn() -> None:
    memory = InProcessMemory()
    first, second = _openai(2)
    documents = [{"title": "Shards", "text": "Shard 5 is in Oslo."}]
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    result = optimize_body(second, "openai", config=BALANCED, ports=Ports(memory=memory), documents=documents)
    forget_texts()
    assert PARSED_PREFIXES.get_many(["any"]) == [None]
    again = optimize_body(second, "openai", config=BALANCED, ports=Ports(memory=memory), documents=documents)
    assert result.body == again.body
    assert any("Oslo" in str(message["content"]) for message in result.body["messages"])


def test_neither_memory_nor_compaction_changes_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are held from turn to turn, and a compaction works on them as they came."""
    seen: list[tuple[Block, Block]] = []
    best = Attempts.best

    def watched(attempts: Attempts) -> Attempt:
        held = (*attempts.original.blocks, *attempts.history.prefix.sent_blocks)
        seen.extend((block, deepcopy(block)) for block in held)
        return best(attempts)

    monkeypatch.setattr(Attempts, "best", watched)
    results = _sent(_openai(14), "openai", forgetful=False, budget_tokens=1_200)
    assert any(result.stats.compacted for result in results)
    assert all(block == before for block, before in seen)
