"""BM25 over a prompt's own passages."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import stems

TEXTS = ["The mills were built of stone.", "Ada paid for the bridges.", "The weather was fine all year."]


def test_the_passage_that_answers_is_the_most_relevant() -> None:
    scores = bm25("Who pays for a bridge?", stems(TEXTS))
    assert scores == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("query", ["", "who is it?", "a zebra"])
def test_a_query_that_no_text_answers_makes_none_relevant(query: str) -> None:
    assert bm25(query, stems(TEXTS)) == [0.0, 0.0, 0.0]


def test_feedback_finds_the_same_matter_in_other_words() -> None:
    texts = [
        "The remote has a rubber case.",
        "Rubber is soft to the touch.",
        *["We meet again on Monday."] * 4,
    ]
    plain, fed = bm25("remote case", stems(texts)), bm25("remote case", stems(texts), [0.3] * 6)
    assert plain[1] == 0.0
    assert fed[0] > fed[1] > fed[2]
