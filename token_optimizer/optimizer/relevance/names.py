"""The names that a text mentions: identifiers, paths, numbers, words in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from token_optimizer.optimizer.relevance.words import FUNCTION_WORDS
from token_optimizer.text.numbered_words import Occurrences, found_in_words
from token_optimizer.text.word_cache import WordCache

# Tells names from other facts.
NAME_PREFIX = "name "
# What a mention of a name is worth for a passage.
NAME_WEIGHT = 0.25
_NAME = re.compile(
    r"(?<![\w$])(?=\w*(?:[\d_]|[a-z][A-Z]|[./:@#=-]\w*[\d_./]|\.\w)|[A-Z]{2})[\w$]+(?:[./:@#+=-]+[\w$]+)*"
)
# Most words have nothing that makes a name, which is told at once.
_PLAIN_WORD = re.compile(r"[A-Z]?[^\d_A-Z./:@#=-]*[.:]?")
_PART = re.compile(r"[./:@#+=-]+")
_MAX_NAME_CHARACTERS = 200
_CAPITALS_WEIGHT = 0.3
_PART_WEIGHT = 0.15


def names(text: str) -> list[str]:
    """Identifiers, paths and numbers of a text, and the parts of the compound ones."""
    return [name for name, _, _ in _NAMES.of(text)]


def distinct_names(text: str) -> set[str]:
    """The names, each once."""
    return {name for name, _, _ in _NAMES.distinct(text)}


def distinct_name_facts(text: str) -> set[str]:
    """The names as facts, each once."""
    return {fact for _, fact, _ in _NAMES.distinct(text)}


def numbers_of_names(words: Occurrences[str]) -> list[int]:
    """How many different names stand in each text, given by its words."""
    found = found_in_words(
        words, lambda word: _NAMES[word] and [name for name, _, _ in _NAMES[word]]
    ).distinct()
    return np.bincount(found.text_numbers, minlength=words.texts).tolist()


def weighted_names(text: str) -> list[tuple[str, float]]:
    """The names with what a mention is worth: less for a part of one, or a word that is only in capitals."""
    return [(name, share) for name, _, share in _NAMES.of(text)]


def name_facts(text: str, weight: float = 1.0) -> dict[str, float]:
    """The names as facts of a passage, with what a mention is worth where one of a whole name is worth this
    `weight`."""
    return {fact: weight * share for _, fact, share in _NAMES.of(text)}


def names_in(words: Occurrences[str]) -> Occurrences[tuple[str, str, float]]:
    """The names in these words: each name, the fact that it is mentioned, and what the mention is worth."""
    return found_in_words(words, _NAMES.__getitem__)


def _named(text: str) -> Sequence[tuple[str, str, float]]:
    """Each name, the fact that it is mentioned, and what the mention is worth."""
    if _PLAIN_WORD.fullmatch(text):
        return ()
    return [(name, NAME_PREFIX + name, share) for name, share in _weighted_names(text)]


def _weighted_names(text: str) -> Iterator[tuple[str, float]]:
    if text.isdigit() and text.isascii():
        if len(text) > 1:
            yield text[:_MAX_NAME_CHARACTERS], 1.0
        return
    for match in _NAME.finditer(text):
        name = match.group()[:_MAX_NAME_CHARACTERS]
        if name.isalpha() and name.isupper():
            if name.lower() not in FUNCTION_WORDS:
                yield name, _CAPITALS_WEIGHT
        elif len(name) > 1:
            yield name, 1.0
        parts = _PART.split(name)
        if len(parts) > 1:
            yield from ((part, _PART_WEIGHT) for part in parts if len(part) > 1)


# With the facts, which every stage of a choice looks up: a string that was hashed once knows its hash.
_NAMES = WordCache(_named)
