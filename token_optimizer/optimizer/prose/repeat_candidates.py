"""Tells which of many texts may say a phrase several times in a row, of all of them at once: to look for
repeats in each takes four times as long, and hardly any text has some.

A phrase of `k` words that stands four times in a row makes `3 * k - 1` words in a row equal those `k` further
on. A phrase without a space repeats itself inside of one long word, which has a letter of it four times.

Before: "go left left left left", "go left, then right", "aaaaaaaaaaaaaaaa"
After:  the first and the last may
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, islice

import numpy as np
from numpy.typing import NDArray

from token_optimizer.text.word_groups import Numbers, rough_prints, word_edges

# The least that is a run of repeats inside of a word, and the longest word whose letters are counted.
_LONG_WORD_CHARS, _MAX_COUNTED_CHARS = 13, 64
_TIMES = 4
# Of fewer characters each text is looked through as soon; and so it is where there is a long word for so many
# of them, or where so many places are found.
_MIN_CHARS = 16_384
_CHARS_PER_LONG_WORD, _MAX_FOUND = 400, 2_000
# Of words in a row so many are compared: that so many are equal by chance is rare.
_COMPARED_WORDS = 6

Prints = NDArray[np.uint16]
Span = tuple[int, int]


def may_repeat(texts: Sequence[str], max_chars: int) -> list[bool]:
    """For each text whether a phrase of at most so many characters may stand in it four times in a row."""
    if sum(map(len, texts)) < _MIN_CHARS:
        return [True] * len(texts)
    plain = [text if text.isascii() else "" for text in texts]
    written = " ".join(plain).encode()
    starts, ends = word_edges(written)
    long = np.flatnonzero(ends - starts >= _LONG_WORD_CHARS)
    if len(long) * _CHARS_PER_LONG_WORD > len(written):
        return [True] * len(texts)
    repeated = _repeated_words(starts, rough_prints(written, starts, ends), max_chars)
    repetitive = _repetitive_words(written, starts[long], ends[long])
    found = list(islice(chain(repeated, repetitive), _MAX_FOUND))
    if len(found) == _MAX_FOUND:
        return [True] * len(texts)
    text_ends = list(accumulate(len(text) + 1 for text in plain))
    holding = {bisect_right(text_ends, first) for first, last in found if _are_in_one(text_ends, first, last)}
    return [at in holding or len(plain[at]) < len(text) for at, text in enumerate(texts)]


def _are_in_one(text_ends: Sequence[int], first: int, last: int) -> bool:
    """Whether both places are in the same text."""
    return last < text_ends[bisect_right(text_ends, first)]


def _repeated_words(starts: Numbers, prints: Prints, max_chars: int) -> Iterator[Span]:
    """Where words stand that equal so many further on, as they do in a phrase that is repeated: the first of
    them, and the last one that they equal."""
    for words in range(1, _most_words(starts, max_chars) + 1):
        in_a_row = 3 * words - 1
        step = max(1, in_a_row // _COMPARED_WORDS)
        equal = prints[:-words:step] == prints[words::step]
        for _ in range(in_a_row // step - 1):
            equal = equal[1:] & equal[:-1]
        first = step * np.flatnonzero(equal)
        last = first + words + step * (in_a_row // step - 1)
        yield from zip(starts[first].tolist(), starts[last].tolist(), strict=True)


def _most_words(starts: Numbers, max_chars: int) -> int:
    """How many words further on a word may be that is at most so far off."""
    places = starts.astype(np.int32)  # half as wide: it is looked through some ten times
    counts = range(1, min(len(places), max_chars))
    return bisect_right(counts, max_chars, key=lambda words: int((places[words:] - places[:-words]).min()))


def _repetitive_words(written: bytes, starts: Numbers, ends: Numbers) -> Iterator[Span]:
    """Where those of the long words stand of which a letter is there several times."""
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        word = written[start:end]
        if len(word) > _MAX_COUNTED_CHARS or max(map(word.count, set(word))) >= _TIMES:
            yield start, start
