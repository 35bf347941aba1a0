"""The stage `json`: rows in fewer tokens, with every value."""

from __future__ import annotations

from tests.token_optimizer.optimizer.bodies import ROWS, anthropic_body, openai_body
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def test_the_rows_of_a_tool_result_survive_in_fewer_tokens() -> None:
    sent = optimize_body(anthropic_body(), "anthropic", config=BALANCED).body
    (result,) = sent["messages"][2]["content"][0]["content"]
    assert len(result["text"]) < 0.6 * len(ROWS)
    assert "part 41" in result["text"]
    assert "12.50" in result["text"]
