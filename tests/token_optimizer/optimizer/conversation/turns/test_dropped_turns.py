"""Words of the user that follow the marker of their turn."""

from __future__ import annotations

import re

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body


def _terms(limit: int) -> str:
    rows = "\n".join(
        f"Clause {n}: the boat is handed over within {n + 2} days of the sale." for n in range(20)
    )
    return f"## Terms\n{rows}\nThe fine is {limit} crowns."


def test_a_reference_in_words_that_stay_holds_or_says_what_is_gone() -> None:
    messages = [
        {"role": "user", "content": f"The first draft:\n{_terms(500)}"},
        {"role": "assistant", "content": "Read."},
        {"role": "user", "content": f"The second draft:\n{_terms(900)}"},
        {"role": "assistant", "content": "Read."},
        {"role": "user", "content": f"Again the first one:\n{_terms(500)}\n\nWhich fine is in which draft?"},
    ]
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body({"messages": messages}, "openai", config=config).stats.tokens_before
    sent = optimize_body({"messages": messages}, "openai", config=config, budget_tokens=int(0.3 * whole))
    text = sent.body["messages"][-1]["content"]
    assert "the user said in them" in text
    kept = text.rpartition("Again the first one:")[2].count("Clause")
    assert kept < 20
    referred = re.findall(r"\[(\d+) lines left out here", text)
    assert referred == []
