"""The stage `oldest`: whole turns go, with a marker."""

from __future__ import annotations

import json

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from tests.token_optimizer.optimizer.stories import walk
from token_optimizer import OptimizerConfig, optimize

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def test_over_a_hard_budget_the_oldest_turns_go_with_a_marker() -> None:
    messages, stats = optimize(walk(40), budget_tokens=600)
    assert stats.tokens_after <= 600
    assert stats.over_budget == ""
    text = json.dumps(messages)
    assert "older messages left out" in text
    assert "MUST call me Ada" in text
    assert "On day 39" in text
    assert messages[0]["content"] == "You are a guide."
    assert {block.fate for block in stats.blocks} == {"kept", "dropped", "added"}


def test_documents_go_with_their_question_and_not_as_an_old_turn() -> None:
    documents = [{"title": f"Hut {n}", "text": f"Hut {n} has {n + 2} beds and a stove."} for n in range(9)]
    chat = [*walk(12)[:-1], {"role": "user", "content": "How many beds has hut 8?"}]
    sent, stats = optimize(chat, documents=documents, budget_tokens=400)
    assert "Hut 8 has 10 beds" in json.dumps(sent)
    assert any(block.fate == "dropped" for block in stats.blocks)


def test_a_call_is_dropped_together_with_its_result() -> None:
    old = openai_body()["messages"][1:5]
    messages = [*old, *walk(8)[1:]]
    sent, _ = optimize(messages, budget_tokens=300)
    assert not any("tool_calls" in message or message["role"] == "tool" for message in sent)
