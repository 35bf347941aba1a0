"""What a question asks for of the least and the most."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.relevance.asked.extremes import asks_for_extremes, extremes_of


@pytest.mark.parametrize(
    ("query", "least", "most", "count"),
    [
        ("Which order has the highest amount?", False, True, 1),
        ("Name the three cheapest hotels.", True, False, 3),
        ("The top five and the smallest, please.", True, True, 5),
        ("Welche Bestellung hat den höchsten Betrag?", False, True, 1),
        ("Wer ist am längsten dabei, und wer hat das niedrigste Gehalt?", True, True, 1),
        ("Which request is the slowest?", True, True, 1),
    ],
)
def test_it_is_read_with_how_many(query: str, least: bool, most: bool, count: int) -> None:
    found = extremes_of(query)
    assert (found.least, found.most, found.count) == (least, most, count)


@pytest.mark.parametrize("query", ["What is the price of A-7?", "Wer wohnt in Moss?", ""])
def test_other_questions_ask_for_none(query: str) -> None:
    assert not asks_for_extremes(query)
