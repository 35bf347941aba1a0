"""The last line stays over any budget where nothing in the prompt asks a question."""

from __future__ import annotations

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body

WORDS = ["mill", "harbour", "bridge", "lamp", "kettle", "rake", "tent", "desk", "saw", "rope"]
PAIRS = [f"the old {one} of {n}\nthe {one} is old since {n}" for n, one in enumerate(WORDS * 4)]
ASKED = "a small grey lighthouse beyond the pier"


def _sent(text: str, share: float) -> str:
    body = {"messages": [{"role": "user", "content": text}]}
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body(body, "openai", config=config).stats.tokens_before
    found = optimize_body(body, "openai", config=config, budget_tokens=int(share * whole))
    assert found.stats.tokens_after <= share * whole
    return str(found.body["messages"][0]["content"])


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_a_last_line_like_all_others_stays(share: float) -> None:
    assert ASKED in _sent("\n".join([*PAIRS, ASKED]), share)


def test_it_may_go_where_a_question_is_asked() -> None:
    text = "\n".join(["Which kettle is the oldest?", "", *PAIRS, ASKED])
    assert ASKED not in _sent(text, 0.25)
