"""ROUGE-L (Lin, 2004): the longest sequence of words that two texts have in common, as an F1."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")


def rouge_l(original: str, compressed: str) -> float:
    """The F1 of the longest common subsequence of the words, in lower case; 1.0 where neither has a word."""
    before, after = _WORD.findall(original.lower()), _WORD.findall(compressed.lower())
    if not before or not after:
        return float(before == after)
    return 2 * common_length(before, after) / (len(before) + len(after))


def common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """How long the longest common subsequence is, with a bit for each word of `first` (Hyyrö, 2004)."""
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(first)) - 1
    row = every
    for word in second:
        matched = row & places.get(word, 0)
        row = ((row + matched) | (row - matched)) & every
    return len(first) - row.bit_count()
