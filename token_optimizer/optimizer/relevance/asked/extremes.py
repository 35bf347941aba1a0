"""What a question asks for as the least or the most of something: how many, and of which columns.

Before: "Which three orders have the highest amount?"
After:  the most, three of them; of a column `amount` where there is one
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from token_optimizer.text.cache import remembered

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_LEAST_WORDS = (
    r"\b(?:(?:low|small|few|short|cheap|light|slow|old|earli|young|tini)est|least|minimum|min|bottom"
    r"|(?:niedrigst|kleinst|kürzest|billigst|günstigst|ältest|frühest|wenigst|geringst)e\w?"
    r"|(?:le|la|les) (?:plus|moins)|(?:menor|mínim|minim|mín)\w*|(?:el|la|los|las) (?:más|menos)"
    r"|(?:il|la) più)\b"
)
_MOST_WORDS = (
    r"\b(?:(?:high|larg|bigg|great|long|heavi|fast|tall|new|lat|slow|full|bus)(?:i?est)|most|maximum|max|top|recent"
    r"|(?:höchst|größt|längst|teuerst|neu(?:e)?st|jüngst|spätest|meist|schwerst|langsamst)e\w?"
    r"|(?:le|la|les) plus|(?:mayor|maior|máxim|maxim|massim)\w*|(?:el|la|los|las) más|(?:il|la) più)\b"
)
_LEAST, _MOST = re.compile(_LEAST_WORDS), re.compile(_MOST_WORDS)
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty")
_NUMBER = rf"\b(\d{{1,2}}|{'|'.join(_NUMBERS)})\b"
# "The three largest", "10 of the oldest", "top five".
_HOW_MANY = re.compile(
    rf"{_NUMBER}(?:\s+\w+){{0,2}}?\s+(?:{_LEAST_WORDS}|{_MOST_WORDS})|(?:{_LEAST_WORDS}|{_MOST_WORDS})\s+{_NUMBER}"
)
_MAX_EXTREMES = 50


@dataclass(frozen=True, slots=True)
class Extremes:
    """Whether a question asks for the least or for the most of something, for so many of them, and in which
    words."""

    least: bool
    most: bool
    count: int
    words: frozenset[str]


@remembered(1_000)
def extremes_of(query: str) -> Extremes:
    """What the question asks for of the least and the most."""
    lower = query.lower()
    least, most = frozenset(_found(_LEAST, lower)), frozenset(_found(_MOST, lower))
    return Extremes(bool(least), bool(most), _how_many(lower), least | most)


def _found(words: re.Pattern[str], query: str) -> Iterator[str]:
    return (match.group() for match in words.finditer(query))


def asks_for_extremes(query: str) -> bool:
    """Whether the question asks for the least or the most of something."""
    found = extremes_of(query)
    return found.least or found.most


def _how_many(query: str) -> int:
    """How many of the least or greatest a question asks for."""
    found = _HOW_MANY.search(query)
    number = (found.group(1) or found.group(2)) if found else "1"
    count = int(number) if number.isdigit() else (*range(2, 11), 12, 20)[_NUMBERS.index(number)]
    return max(1, min(count, _MAX_EXTREMES))


def words_of(name: str) -> list[str]:
    """The words of a name or text, lower case and without a plural's s: camelCase and snake_case split."""
    return [word.lower().rstrip("s") or word.lower() for word in _WORD.findall(name)]
