"""Whether a prompt still holds an item: its words in order, or most of them close together.

Texts are compared normalised: NFKC, JSON escapes undone, lower case, and every run of characters that are
neither letters nor digits as one space, so that layout, quoting and notation do not count.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([nrtbf"/\\]))')
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_STANDS_FOR_ITSELF = '"/\\'
_DEFAULT_SHARE = 0.75
# Words that say nothing of what a sentence is about.
_FUNCTION_WORDS = """
a an and are as at be been but by can could did do does for from had has have he her his how i if in into is
it its just like me my no not of on or our out she should so some than that the their them then there these
they this to too um uh up us was we were what when where which who will with would yeah you your ok okay
"""
_EMPTY_OF_CONTENT = frozenset(_FUNCTION_WORDS.split())


def normalised(text: str) -> str:
    """The text as it is compared."""
    plain = unicodedata.normalize("NFKC", _ESCAPE.sub(_unescaped, text)).lower()
    return _BETWEEN_WORDS.sub(" ", plain).strip()


def _unescaped(match: re.Match[str]) -> str:
    code, letter = match.groups()
    if code:
        return chr(int(code, 16))
    return letter if letter in _STANDS_FOR_ITSELF else " "


class Haystack:
    """A text in which items are looked for."""

    def __init__(self, text: str) -> None:
        self._text = f" {normalised(text)} "

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        places: dict[str, list[int]] = {}
        for number, word in enumerate(self._text.split()):
            places.setdefault(word, []).append(number)
        return places

    def holds(self, item: Mapping[str, Any]) -> bool:
        """Whether one of the item's alternatives is here, in the way that its mode asks for."""
        if item.get("mode", "substr") == "words":
            share = item.get("min", _DEFAULT_SHARE)
            return any(self.holds_words(text, share, item.get("span")) for text in item["any"])
        return any(self.holds_text(text) for text in item["any"])

    def holds_text(self, text: str) -> bool:
        """Whether the words of the text stand here side by side, in order."""
        wanted = normalised(text)
        return bool(wanted) and f" {wanted} " in self._text

    def holds_words(self, text: str, share: float = _DEFAULT_SHARE, span: int | None = None) -> bool:
        """Whether so large a share of the text's distinct content words stands within `span` words."""
        words = normalised(text).split()
        wanted = {word for word in words if word not in _EMPTY_OF_CONTENT} or set(words)
        needed = max(1, math.ceil(round(len(wanted) * share, 3)))
        found = sorted((place, word) for word in wanted for place in self._places.get(word, ()))
        return _most_within(found, span or 2 * len(words) + 12) >= needed if wanted else False


def _most_within(found: Sequence[tuple[int, str]], span: int) -> int:
    """The most distinct words whose places are no further than `span` apart."""
    inside: Counter[str] = Counter()
    start = most = 0
    for place, word in found:
        inside[word] += 1
        while place - found[start][0] > span:
            left = found[start][1]
            inside[left] -= 1
            if not inside[left]:
                del inside[left]
            start += 1
        most = max(most, len(inside))
    return most
