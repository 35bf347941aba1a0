"""BM25 over a prompt's own passages, and the names that a text mentions."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.relevance.bm25 import bm25, names, stems, weighed_names

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


def test_contractions_leave_no_word() -> None:
    assert stems(["I'm sure we'll see, it's 9.7 m"]) == [["sur", "see", "9", "7"]]


def test_names_are_identifiers_paths_and_numbers() -> None:
    text = "In src/app.py line 1474 calls td_field.serialize on TimeDelta, as the well-known fix did in SEA."
    found = set(names(text))
    assert {"src/app.py", "1474", "td_field.serialize", "TimeDelta", "SEA"} <= found
    assert not {"line", "calls", "well-known", "fix", "In"} & found


def test_a_part_of_a_name_is_worth_less_than_the_name() -> None:
    weights = dict(weighed_names("open td_field.serialize"))
    assert weights["td_field.serialize"] > weights["td_field"]
