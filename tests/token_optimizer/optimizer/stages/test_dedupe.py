"""The stage `dedupe`: a copy becomes a reference."""

from __future__ import annotations

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from token_optimizer import OptimizerConfig, optimize

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def test_a_repeated_document_becomes_a_reference() -> None:
    passage = "The warehouse moves on the first of May, and its doors open again on the third of that month, "
    passage += "so nothing can be sent between these two days, nor be taken in, by any of the five carriers."
    passage += " The keys stay with the porter."
    messages = [
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "Noted, thank you."},
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "Again noted."},
        {"role": "user", "content": "When does it move?"},
    ]
    sent, stats = optimize(messages)
    assert (stats.blocks[0].stage, stats.blocks[0].fate) == ("dedupe", "rewritten")
    assert stats.blocks[0].reason.endswith("the same text as b2")
    assert sent[0]["content"].startswith(
        "[1 line left out here: it stands in message 3 (user), “The warehouse"
    )
    assert sent[2]["content"] == passage
