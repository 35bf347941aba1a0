"""What an attempt falls back to, and what goes with a message that says nothing any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from tests.token_optimizer.optimizer.stories import walk
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.models import Kind
from token_optimizer.optimizer import pipeline
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import Stage, optimize_body
from token_optimizer.ports import Ports
from token_optimizer.tokens.counts import count_body

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def _orphan(prompt: Any, context: Any) -> Any:
    return replace(prompt, gone_messages=frozenset({2}))


def test_a_broken_structure_falls_back_to_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", (Stage("orphan", _orphan, "drops a call"),))
    result = optimize_body(openai_body(), "openai", config=BALANCED)
    assert result.stats.fallback_used
    assert result.stats.fallback_reason == "tool result without its call"
    assert result.body == openai_body()


def _forget(prompt: Any, context: Any) -> Any:
    return replace(prompt, blocks=tuple(block for block in prompt.blocks if "MUST" not in block.content))


def test_a_lost_constraint_falls_back_to_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", (Stage("forget", _forget, "forgets"),))
    messages = walk(9)
    sent, stats = optimize(messages)
    assert stats.fallback_used
    assert "1 constraints lost" in stats.fallback_reason
    assert sent == messages


def _part(prompt: Any, context: Any) -> Any:
    return replace(prompt, gone_messages=frozenset({4}))


def test_two_messages_of_one_role_in_a_row_fall_back_to_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", (Stage("part", _part, "drops an answer"),))
    sent, stats = optimize(walk(9))
    assert stats.fallback_reason == "two messages of one role in a row"
    assert sent == walk(9)


def test_reasoning_that_went_with_its_message_is_not_counted() -> None:
    config, memory = OptimizerConfig.preset("balanced", keep_last_n_turns=0), InProcessMemory()
    thinking = {"type": "thinking", "thinking": "They ask for the port again. " * 9, "signature": "c2ln"}
    talk = [
        {"role": "user", "content": "Which port?"},
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "Sure."}]},
        {"role": "assistant", "content": "The first one."},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "It is 8080."},
        {"role": "user", "content": "Thanks. And the host?"},
    ]
    for messages in (talk[:4], talk):
        result = optimize_body({"messages": messages}, "anthropic", config=config, ports=Ports(memory=memory))
        assert result.body["messages"] == [messages[0], *messages[2:]]
        assert result.stats.tokens_after == count_body(result.body, "anthropic", config.target_model)
        (fate,) = [fate for fate in result.stats.blocks if fate.kind is Kind.OPAQUE]
        assert (fate.fate, fate.tokens_after) == ("dropped", 0)
        assert "nothing else is left of its message" in fate.reason or fate.frozen
