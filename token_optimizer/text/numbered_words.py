"""The words of many texts, numbered: what is found in a word is looked for once, and counted in arrays.

Before: "a cat", "a dog"
After:  the words a, cat, dog, and their numbers 0 1 of the first text, 0 2 of the second
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from token_optimizer.text.word_groups import Numbers, Words, grouped_words

T = TypeVar("T")

# The spaces that are not ASCII.
_OTHER_SPACE = re.compile("[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
# Of more pairs of a text and a value a table would be large.
MAX_PAIRS = 4_000_000


@dataclass(frozen=True, slots=True)
class Occurrences(Generic[T]):
    """What stands in texts, a row for each time that it does, in order: the number of the text, and that of
    what it is among the `values`. There are so many `texts` in all."""

    values: Sequence[T]
    texts: int
    text_numbers: Numbers
    numbers: Numbers

    def of_texts(self, wanted: NDArray[np.bool_]) -> Occurrences[T]:
        """What stands in these texts, as if there were no others."""
        if wanted.all():
            return self
        is_wanted = wanted[self.text_numbers]
        new_numbers = np.cumsum(wanted) - 1
        text_numbers = new_numbers[self.text_numbers[is_wanted]]
        return Occurrences(self.values, int(wanted.sum()), text_numbers, self.numbers[is_wanted])

    def where(self, wanted: NDArray[np.bool_]) -> Occurrences[T]:
        """Only these rows."""
        return replace(self, text_numbers=self.text_numbers[wanted], numbers=self.numbers[wanted])

    def of_text(self, at: int) -> list[T]:
        """What stands in one of the texts, in order."""
        start, end = np.searchsorted(self.text_numbers, (at, at + 1)).tolist()
        return [self.values[number] for number in self.numbers[start:end].tolist()]

    def distinct(self) -> Occurrences[T]:
        """What stands in each text, once, in the order of the values."""
        count = max(1, len(self.values))
        pairs = distinct_keys(self.text_numbers * count + self.numbers, self.texts * count)
        return Occurrences(self.values, self.texts, *np.divmod(pairs, count))

    def among(self, values: Sequence[T]) -> Occurrences[T]:
        """Which of these values stand in each text, once, in their order."""
        number_of = {value: number for number, value in enumerate(values)}
        numbers = np.array([number_of.get(value, -1) for value in self.values], np.int64)[self.numbers]
        is_known = numbers >= 0
        return Occurrences(values, self.texts, self.text_numbers[is_known], numbers[is_known]).distinct()

    def by_text(self) -> list[Numbers]:
        """The numbers of what stands in each text, in order."""
        return np.split(self.numbers, np.searchsorted(self.text_numbers, np.arange(1, self.texts)))


def distinct_keys(keys: Numbers, end: int) -> Numbers:
    """The keys below the end, each once and in order."""
    if end > MAX_PAIRS:
        return np.unique(keys)
    stands = np.zeros(end, bool)
    stands[keys] = True
    return np.flatnonzero(stands)


def words_of_texts(texts: Sequence[str]) -> Occurrences[str]:
    """The words of each text, which stand between spaces."""
    return WordsOfTexts.of(texts).occurrences


@dataclass(frozen=True, slots=True)
class WordsOfTexts:
    """The words of texts, and where each stands: from them those of parts of the texts are known as well.

    `first_bytes` are where the texts begin in all that is written, by the text, and `is_ascii` says that a
    byte is a character there."""

    is_ascii: bool
    first_bytes: Mapping[str, int]
    words: Words
    occurrences: Occurrences[str]

    @classmethod
    def of(cls, texts: Sequence[str]) -> WordsOfTexts:
        """The words of each text, which stand between spaces."""
        if not any(texts):
            none = np.zeros(0, np.int64)
            return cls(True, {}, Words(none, none, none, none), Occurrences([], len(texts), none, none))
        written, lengths = _written(texts)
        words = grouped_words(written)
        ends = np.cumsum(np.fromiter(lengths, np.int64, len(texts)) + 1)
        words_before = np.searchsorted(words.starts, ends)
        text_numbers = np.repeat(np.arange(len(texts)), np.diff(words_before, prepend=0))
        spans = zip(words.starts[words.firsts].tolist(), words.ends[words.firsts].tolist(), strict=True)
        values = [written[start:end].decode("utf-8", "surrogatepass") for start, end in spans]
        first_bytes = dict(zip(texts, [0, *ends.tolist()], strict=False))
        return cls(
            written.isascii(),
            first_bytes,
            words,
            Occurrences(values, len(texts), text_numbers, words.numbers),
        )

    def of_parts(
        self, texts: Sequence[str], sizes: Numbers, starts: Numbers, ends: Numbers
    ) -> Occurrences[str] | None:
        """The words of parts of some of the texts, of which each has so many in a row, from where to where;
        None where one of the texts is not known, or not of ASCII alone, or a word is parted."""
        if not self.is_ascii or not all(map(self.first_bytes.__contains__, texts)):
            return None
        first_bytes = np.repeat(np.array([self.first_bytes[text] for text in texts], np.int64), sizes)
        first_words = self._words_before(first_bytes + starts)
        end_words = self._words_before(first_bytes + ends)
        if first_words is None or end_words is None:
            return None
        counts = end_words - first_words
        rows = np.arange(int(counts.sum())) + np.repeat(first_words - np.cumsum(counts) + counts, counts)
        numbers = self.words.numbers[rows]
        return _renumbered(
            self.occurrences.values, numbers, np.repeat(np.arange(len(counts)), counts), len(counts)
        )

    def _words_before(self, places: Numbers) -> Numbers | None:
        """How many words stand before each of the places; None where one stands around it."""
        begun = np.searchsorted(self.words.starts, places)
        ended = np.searchsorted(self.words.ends, places, side="right")
        return begun if np.array_equal(begun, ended) else None


def _renumbered(
    values: Sequence[str], numbers: Numbers, text_numbers: Numbers, texts: int
) -> Occurrences[str]:
    """What stands in texts, where the values are to stand in the order in which they are found there."""
    first = np.full(len(values), len(numbers))
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    found = np.argsort(first)[: int((first < len(numbers)).sum())]
    new_numbers = np.empty(len(values), np.int64)
    new_numbers[found] = np.arange(len(found))
    return Occurrences([values[at] for at in found.tolist()], texts, text_numbers, new_numbers[numbers])


def _written(texts: Sequence[str]) -> tuple[bytes, Iterable[int]]:
    """The texts with a space between each two, and how long each is in bytes."""
    together = " ".join(texts)
    if together.isascii():
        return together.encode(), map(len, texts)
    encoded = list(map(_encoded, texts))
    return b" ".join(encoded), map(len, encoded)


def _encoded(text: str) -> bytes:
    """The text with no space but those of ASCII."""
    if not text.isascii() and _OTHER_SPACE.search(text):
        text = " ".join(text.split())
    return text.encode("utf-8", "surrogatepass")


def found_in_words(words: Occurrences[str], find: Callable[[str], Sequence[T]]) -> Occurrences[T]:
    """What is found in the words, in order."""
    in_words = list(map(find, words.values))
    sizes = np.fromiter(map(len, in_words), np.int64, len(in_words))
    in_all = list(chain.from_iterable(in_words))
    number_of = {one: number for number, one in enumerate(dict.fromkeys(in_all))}
    found = np.fromiter(map(number_of.__getitem__, in_all), np.int64, len(in_all))
    # In most words there is nothing.
    is_found = (sizes > 0)[words.numbers]
    word_numbers, text_numbers = words.numbers[is_found], words.text_numbers[is_found]
    rows, first = sizes[word_numbers], (np.cumsum(sizes) - sizes)[word_numbers]
    if sizes.max(initial=0) > 1:
        # Each word stands for those of what is found that begin with its first.
        first = np.repeat(first - np.cumsum(rows) + rows, rows) + np.arange(int(rows.sum()))
        text_numbers = np.repeat(text_numbers, rows)
    return Occurrences(list(number_of), words.texts, text_numbers, found[first])
