"""The numbered words of texts, and what is found in them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.optimizer.relevance.names import names, names_in
from token_optimizer.optimizer.relevance.words import stems_in, stems_of
from token_optimizer.text.numbered_words import Occurrences, words_of_texts

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
