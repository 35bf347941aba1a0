"""How often each of some texts mentions each of some words, in arrays: a prompt has thousands of passages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from token_optimizer.text.numbered_words import Numbers, Occurrences

# Of so many possible keys for each that is there all are looked through.
_KEYS_PER_PAIR = 32


@dataclass(frozen=True)
class Mentions:
    """The mentions of the `words`, each pair of a word and a text that has it once: `keys`, in order, are the
    number of the word times that of all texts, plus the number of the text. `lengths` are the words that
    each text has."""

    words: Sequence[str]
    lengths: Numbers
    keys: Numbers
    times: NDArray[np.float64]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], wanted: Set[str]) -> Mentions:
        """What the texts, given by their `stems`, mention of the wanted words."""
        words = sorted(wanted)
        first_key = {word: number * len(texts) for number, word in enumerate(words)}
        keys = [first_key[word] + at for at, text in enumerate(texts) for word in text if word in first_key]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(words, lengths, *_counted(np.array(keys, np.int64), np.ones(len(keys))))

    @classmethod
    def among(cls, found: Occurrences[str], wanted: Set[str]) -> Mentions:
        """What texts in which these stems were found mention of the wanted words."""
        words = sorted(wanted)
        number_of = {word: number for number, word in enumerate(words)}
        wanted_numbers = np.array([number_of.get(stem, -1) for stem in found.values], np.int64)[found.numbers]
        is_wanted = wanted_numbers >= 0
        keys = wanted_numbers[is_wanted] * found.texts + found.text_numbers[is_wanted]
        lengths = np.bincount(found.text_numbers, minlength=found.texts)
        return cls(words, lengths, *_counted(keys, np.ones(len(keys))))

    @classmethod
    def in_words(
        cls, words: Occurrences[str], find: Callable[[str], Sequence[str]], wanted: Set[str]
    ) -> Mentions:
        """The same of texts given by their words, in which stems are to be found: hardly any word of a long
        text has one that is wanted."""
        stems = list(map(find, words.values))
        counts = np.fromiter(map(len, stems), np.int64, len(stems))
        lengths = np.bincount(words.text_numbers, counts[words.numbers], minlength=words.texts)
        number_of = {word: number for number, word in enumerate(sorted(wanted))}
        in_words = {
            at: [number_of[stem] for stem in one if stem in number_of]
            for at, one in enumerate(stems)
            if not wanted.isdisjoint(one)
        }
        # Hardly any word has two.
        keys = [
            _keys(words, {at: found[place] for at, found in in_words.items() if place < len(found)})
            for place in range(max(map(len, in_words.values()), default=0))
        ]
        all_keys = np.concatenate(keys) if keys else np.zeros(0, np.int64)
        return cls(list(number_of), lengths.astype(np.int64), *_counted(all_keys, np.ones(len(all_keys))))

    @property
    def texts(self) -> int:
        """How many texts there are."""
        return len(self.lengths)

    @property
    def mean_length(self) -> float:
        """How many words a text has."""
        return int(self.lengths.sum()) / max(1, self.texts)

    @cached_property
    def word_numbers(self) -> Numbers:
        """The word of each pair."""
        return self.keys // max(1, self.texts)

    @cached_property
    def text_numbers(self) -> Numbers:
        """The text of each pair."""
        return self.keys % max(1, self.texts)

    def joined(self, parts: Numbers) -> Mentions:
        """Of texts that are made of so many of these each, in a row."""
        part_of = np.repeat(np.arange(len(parts)), parts)
        lengths = np.bincount(part_of, self.lengths, minlength=len(parts)).astype(np.int64)
        keys = self.word_numbers * len(parts) + part_of[self.text_numbers]
        return Mentions(self.words, lengths, *_counted(keys, self.times))

    def repeated(self, times: Numbers) -> Mentions:
        """Of so many copies of each of the texts, in a row."""
        starts = np.cumsum(times) - times
        copies = times[self.text_numbers]
        total = int(times.sum())
        first = np.repeat(self.word_numbers * total + starts[self.text_numbers], copies)
        keys = first + np.arange(len(first)) - np.repeat(np.cumsum(copies) - copies, copies)
        return Mentions(self.words, np.repeat(self.lengths, times), keys, np.repeat(self.times, copies))

    def beside(self, others: Mentions) -> Mentions:
        """Of these texts, each with one of the others."""
        keys = np.concatenate((self.keys, others.keys))
        times = np.concatenate((self.times, others.times))
        return Mentions(self.words, self.lengths + others.lengths, *_counted(keys, times))

    def followed_by(self, others: Mentions) -> Mentions:
        """Of these texts and the others."""
        texts = self.texts + others.texts
        keys = np.concatenate(
            (
                self.word_numbers * texts + self.text_numbers,
                others.word_numbers * texts + self.texts + others.text_numbers,
            )
        )
        lengths = np.concatenate((self.lengths, others.lengths))
        return Mentions(self.words, lengths, *_counted(keys, np.concatenate((self.times, others.times))))


def _keys(words: Occurrences[str], number_of: Mapping[int, int]) -> Numbers:
    """The keys of the words that have a number here, by their own: they count for the word of that number."""
    numbers = np.full(len(words.values), -1)
    numbers[list(number_of)] = list(number_of.values())
    found = numbers[words.numbers]
    is_found = found >= 0
    keys: Numbers = found[is_found] * words.texts + words.text_numbers[is_found]
    return keys


def _counted(keys: Numbers, times: NDArray[np.float64]) -> tuple[Numbers, NDArray[np.float64]]:
    """The keys, each once and in order, with all of their times."""
    size = int(keys.max(initial=-1)) + 1
    if size <= _KEYS_PER_PAIR * len(keys):
        # They lie close together, so that to count them is sooner done than to sort them.
        of_all = np.bincount(keys, times)
        found = np.flatnonzero(of_all)
        return found, np.asarray(of_all[found], np.float64)
    found, places = np.unique(keys, return_inverse=True)
    return found, np.asarray(np.bincount(places, times, minlength=len(found)), np.float64)
