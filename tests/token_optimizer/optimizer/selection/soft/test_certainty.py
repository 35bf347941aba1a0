"""A question is answered in one place where most of its words are rare and stand together."""

from __future__ import annotations

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.optimizer.selection.soft.certainty import is_answered_in_one_place

FACT = "Bo: The submarine cable is cut over in August."
TALK = [
    f"{name}: I would wait for the numbers of week {n}, and look at the design then."
    for n in range(100)
    for name in ("Ann", "Bo")
]
SAID = [*TALK[:90], FACT, *TALK[90:]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("When is the submarine cable cut over?", True),
        ("When is the cable repaired, and by whom?", False),
        ("What did Ann say about the design?", False),
        ("What of the submarine, the numbers, the design, the weather and the budget?", False),
    ],
)
def test_most_words_stand_together_and_hardly_elsewhere(query: str, expected: bool) -> None:
    assert is_answered_in_one_place(SAID, frozenset(stems_of(query))) is expected


@pytest.mark.parametrize(
    ("query", "share"),
    [("When is the submarine cable cut over?", 0.6), ("What is said of the design?", 0.75)],
)
def test_of_such_a_transcript_half_goes_by_default_and_less_of_others(query: str, share: float) -> None:
    talk = "\n".join(SAID)
    body = {"messages": [{"role": "user", "content": f"{talk}\n\n{query}"}]}
    result = optimize_body(body, "openai", config=OptimizerConfig.preset("balanced"))
    left = result.stats.tokens_after / result.stats.tokens_before
    assert FACT in result.body["messages"][0]["content"] or "cable" not in query
    assert left <= share if "cable" in query else left >= share
