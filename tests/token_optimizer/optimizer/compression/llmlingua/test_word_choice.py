"""Writing a text without the words that a model drops: the rest of it stays byte for byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.optimizer.compression.llmlingua.word_choice import (
    share_free,
    unwanted,
    without,
    words_of,
)

# As the models' tokenizers part words.
_PARTS = re.compile(r"[\u3040-\u9fff]|[^\W\u3040-\u9fff]+|[^\w\s]")


def _without(text: str, dropped: str) -> str:
    """The text as a model leaves it that drops these words and wants all others."""
    labels = [(part, part not in dropped.split()) for part in _PARTS.findall(text)]
    words = words_of(text)
    return without(text, words, unwanted(text, words, labels))


@pytest.mark.parametrize(
    ("text", "dropped", "left"),
    [
        ("The old mill closed.", "The old", "mill closed."),
        ("  The old\tmill  closed\n  so late.", "The old so", "  mill  closed\n  late."),
        ("It closed. It was late. It rained.", "was late It", "closed. rained."),
        ("It closed late.", "late", "It closed."),
        ("one\n\ntwo two\n\nthree\n", "two", "one\n\nthree\n"),
        ("- one two\n- two\n- three", "two", "- one\n- three"),
        ("one\r\ntwo three\r\n", "three", "one\r\ntwo\r\n"),
        (
            "Say don't to 1,250,000 of user_id at a/b_c.py",
            "Say don t to 1 250 000 of user id at a b c py",
            None,
        ),
        ("on-site work", "on", "on-site work"),
        ("on-site work", "on site", "work"),
        ('He said "so be it" there', "He said so be it there", '"so be it"'),
        ("漢字の本", "字 の", "漢本"),
        ("ab漢cd", "漢", "ab cd"),
        ("🙂 one", "one", "🙂"),
    ],
)
def test_words_go_whole_and_the_rest_stays(text: str, dropped: str, left: str | None) -> None:
    expected = "don't 1,250,000 user_id a/b_c.py" if left is None else left
    assert _without(text, dropped) == expected


def test_a_word_that_the_model_does_not_mention_stays() -> None:
    words = words_of("one two three")
    assert unwanted("one two three", words, [("one", False), ("three", False)]) == {0, 2}


def test_words_that_the_model_broke_are_found_again() -> None:
    text = "one 🙂 two three"
    labels = [("one", True), ("#", False), ("#", False), ("two", False), ("three", True)]
    assert unwanted(text, words_of(text), labels) == {2}


@pytest.mark.parametrize(("text", "share"), [("", 0), ("12 34", 0), ("ab 12", 0.5), ("ab cd", 1)])
def test_share_free(text: str, share: float) -> None:
    assert share_free(words_of(text)) == share


@given(any_text)
def test_without_nothing_gone_the_text_is_the_same(text: str) -> None:
    assert without(text, words_of(text), frozenset()) == text


@given(any_text, st.data())
def test_every_word_that_stays_is_there_and_in_order(text: str, data: st.DataObject) -> None:
    words = words_of(text)
    free = [index for index, word in enumerate(words) if word.free]
    gone = frozenset(data.draw(st.sets(st.sampled_from(free))) if free else ())
    left, at = without(text, words, gone), 0
    assert len(left) <= len(text) + len(gone)
    for index, word in enumerate(words):
        said = text[word.start : word.end]
        if index not in gone and re.search(r"[^\W_]", said):
            at = left.index(said, at) + len(said)
