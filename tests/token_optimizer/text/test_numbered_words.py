"""The numbered words of texts, and what is found in them."""

from __future__ import annotations

from itertools import accumulate, chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.optimizer.relevance.names import names, names_in
from token_optimizer.optimizer.relevance.words import stems_in, stems_of
from token_optimizer.text.numbered_words import Occurrences, WordsOfTexts, words_of_texts

_TEXTS = st.lists(st.text(st.sampled_from(" \n\x00abB1._/é猫")), max_size=6)


def _by_text(found: Occurrences[str]) -> list[list[str]]:
    return [found.of_text(at) for at in range(found.texts)]


@given(_TEXTS)
def test_each_text_has_its_words_in_order(texts: list[str]) -> None:
    assert _by_text(words_of_texts(texts)) == [text.split() for text in texts]


@given(_TEXTS)
def test_what_is_found_in_words_is_what_is_found_in_the_texts(texts: list[str]) -> None:
    words = words_of_texts(texts)
    assert _by_text(stems_in(words)) == list(map(stems_of, texts))
    found = names_in(words)
    assert [[name for name, _, _ in found.of_text(at)] for at in range(len(texts))] == list(map(names, texts))


@given(_TEXTS)
def test_some_of_the_texts_stand_by_themselves(texts: list[str]) -> None:
    words = words_of_texts(texts)
    wanted = [at % 2 == 0 for at in range(len(texts))]
    assert _by_text(words.of_texts(np.array(wanted, bool))) == [text.split() for text in texts[::2]]


_PIECES = st.lists(st.sampled_from(["", " ", "a ", "b a  ", "\n", "Bb\x00 1. ", "end. "]), max_size=5)


@given(st.lists(_PIECES, min_size=1, max_size=4), st.data())
def test_parts_that_end_with_space_have_the_words_that_they_have_by_themselves(
    texts: list[list[str]], data: st.DataObject
) -> None:
    known = WordsOfTexts.of(["b first", *map("".join, texts), "last"])
    some = data.draw(st.lists(st.sampled_from(texts), max_size=4))
    ends = [list(accumulate(map(len, pieces))) for pieces in some]
    starts = [[0, *of_text][:-1] for of_text in ends]
    flat = [np.array(list(chain.from_iterable(of_texts)), np.int64) for of_texts in (starts, ends)]
    found = known.of_parts(list(map("".join, some)), np.array(list(map(len, some)), np.int64), *flat)
    alone = words_of_texts(list(chain.from_iterable(some)))
    assert found is not None
    assert (found.values, _by_text(found)) == (alone.values, _by_text(alone))


@pytest.mark.parametrize(
    ("known", "text", "end"),
    [("one two", "one two", 5), ("one", "two", 3), ("zwei Fl\u00fcsse", "zwei Fl\u00fcsse", 4)],
)
def test_a_parted_word_an_unknown_text_and_one_of_other_letters_are_to_be_looked_through(
    known: str, text: str, end: int
) -> None:
    one, start, stop = np.array([1]), np.array([0]), np.array([end])
    assert WordsOfTexts.of([known]).of_parts([text], one, start, stop) is None
