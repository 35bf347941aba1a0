"""The words of many texts, numbered: what is found in a word is looked for once, and counted in arrays.

Before: "a cat", "a dog"
After:  the words a, cat, dog, and their numbers 0 1 of the first text, 0 2 of the second
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

Numbers = NDArray[np.int64]
# What parts the texts while all of them are taken apart at once: no word of a usual text.
_MARK = "\x00"


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
        is_wanted = wanted[self.text_numbers]
        new_numbers = np.cumsum(wanted) - 1
        text_numbers = new_numbers[self.text_numbers[is_wanted]]
        return Occurrences(self.values, int(wanted.sum()), text_numbers, self.numbers[is_wanted])

    def of_text(self, at: int) -> list[T]:
        """What stands in one of the texts, in order."""
        start, end = np.searchsorted(self.text_numbers, (at, at + 1)).tolist()
        return [self.values[number] for number in self.numbers[start:end].tolist()]


def words_of_texts(texts: Sequence[str]) -> Occurrences[str]:
    """The words of each text, which stand between spaces."""
    mark = _MARK
    while (written := f" {mark} ".join(texts)).count(mark) >= max(1, len(texts)):
        mark *= 2
    words = written.split()
    number_of: defaultdict[str, int] = defaultdict(count().__next__)
    mark_number = number_of[mark]
    numbers = np.fromiter(map(number_of.__getitem__, words), np.int64, len(words))
    is_word = numbers != mark_number
    text_numbers = np.cumsum(~is_word)[is_word]
    return Occurrences(list(number_of), len(texts), text_numbers, numbers[is_word])


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
