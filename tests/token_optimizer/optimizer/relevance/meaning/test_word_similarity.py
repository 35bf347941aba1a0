"""How near texts come to the words of a question, by the packaged static vectors."""

from __future__ import annotations

import pytest

from token_optimizer.models import Block
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.relevance.meaning.word_similarity import word_similarities

TEXTS = [
    "Two giraffes drank from the lake in the afternoon.",
    "The costs are low, as the plant stands by the river.",
    "Could somebody open the window over there?",
    "My brother saw that film on Tuesday with a friend.",
]
LONG = "price lake window film brother afternoon plant river friend giraffe cost tuesday museum"


@pytest.mark.parametrize(
    ("query", "nearest"),
    [("What about the price?", 1), ("Which animals were thirsty?", 0), ("Did he watch a movie?", 3)],
)
def test_the_text_that_says_it_in_other_words_is_nearest(query: str, nearest: int) -> None:
    found = word_similarities(query, TEXTS)
    assert found[nearest] == 1.0
    assert all(0 <= value < 1 for at, value in enumerate(found) if at != nearest)


def test_all_of_what_is_asked_is_nearer_than_a_part_of_it() -> None:
    texts = ["The costs fell.", "The costs of the film fell.", *TEXTS[2:3], "We met.", "It rained all day."]
    found = word_similarities("What was the price of the movie?", texts)
    assert found[1] == 1.0 > found[0] > found[3]


def test_it_is_the_same_in_whatever_order() -> None:
    assert word_similarities("the price", TEXTS[::-1]) == word_similarities("the price", TEXTS)[::-1]


@pytest.mark.parametrize("query", ["", "what is it?", "400?", LONG])
def test_a_question_without_words_or_with_many_has_nothing_near(query: str) -> None:
    assert word_similarities(query, TEXTS) == [0.0] * 4


@pytest.mark.parametrize("texts", [[], ["", "…"], ["The costs.", "The costs."]])
def test_texts_that_differ_in_nothing_are_not_near(texts: list[str]) -> None:
    assert word_similarities("the price", texts) == [0.0] * len(texts)


def test_a_text_without_a_word_is_not_near() -> None:
    found = word_similarities("the price", ["…", *TEXTS, ""])
    assert found[0] == found[-1] == 0.0
    assert found[2] == 1.0


@pytest.mark.usefixtures("without_static_vectors")
def test_without_vectors_nothing_is_near() -> None:
    assert word_similarities("the price", TEXTS) == [0.0] * 4


def test_the_summarizer_keeps_what_answers_in_other_words() -> None:
    text = " ".join([*TEXTS, "The mill stood near a bridge.", "Children walk to the school by bus."])
    kept = ExtractiveSummarizer().compress(Block(text), 0.45, "Did he watch a movie?").content
    assert "saw that film" in kept
    assert "giraffes" not in kept
