"""Which words of a text are the same, by their fingerprints."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.text import word_groups
from token_optimizer.text.word_groups import grouped_words, word_edges

_WORD = st.text(st.sampled_from("abé\x00"), min_size=1, max_size=4)
# Words that differ in their last bytes alone, around the lengths at which they are read in another way.
_LONG = st.builds(lambda length, end: "x" * length + end, st.sampled_from((7, 8, 15, 63, 64, 300)), _WORD)
_TEXTS = st.lists(st.one_of(_WORD, _LONG, st.sampled_from((" ", "\n", "\x1f")))).map(" ".join)


@given(_TEXTS)
def test_words_are_numbered_as_they_first_stand(text: str) -> None:
    words = grouped_words(text.encode())
    spans = zip(words.starts.tolist(), words.ends.tolist(), strict=True)
    found = [text.encode()[start:end].decode() for start, end in spans]
    assert found == text.split()
    different = list(dict.fromkeys(found))
    assert words.numbers.tolist() == [different.index(word) for word in found]
    assert [found[first] for first in words.firsts] == different


def test_words_part_at_the_spaces_that_texts_part_at() -> None:
    codes = [chr(code) for code in range(128)]
    text = "a".join(codes)
    words = grouped_words(text.encode())
    assert [text[start:end] for start, end in zip(words.starts, words.ends, strict=True)] == text.split()


def test_words_that_share_a_place_are_told_apart() -> None:
    prints = np.array([7, 5, 7, 6, 5, 7, 6], np.uint64)
    # All of them have the same first bits.
    assert word_groups._first_of_each(prints).tolist() == [0, 1, 0, 3, 1, 0, 3]


def test_every_byte_parts_words_as_a_string_is_parted() -> None:
    for code in range(128):
        text = f"one{chr(code)}two" * 2
        starts, ends = word_edges(text.encode())
        assert [text[start:end] for start, end in zip(starts, ends, strict=True)] == text.split()
