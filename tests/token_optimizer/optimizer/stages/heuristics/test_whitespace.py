"""The stage `whitespace`: what it takes out of which kinds."""

from __future__ import annotations

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from token_optimizer import OptimizerConfig, optimize

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def test_colour_codes_go_even_from_code() -> None:
    code = "\n".join(f"\x1b[32mdef f{n}(x):\x1b[0m\n    return x + {n}" for n in range(30))
    sent, _ = optimize([{"role": "user", "content": f"What does f7 add?\n```\n{code}\n```"}])
    assert "\x1b" not in sent[0]["content"]
    assert "def f7(x):\n    return x + 7" in sent[0]["content"]
