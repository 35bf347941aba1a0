"""The lines of a log that a question asks for by when they were written.

Before: "When does the log begin?", "What happened between 08:01 and 08:02?"
After:  the first line; the lines whose first time lies between these, both included
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_BEGINNING = re.compile(
    r"(?i)\b(?:begin|begins|began|beginning|start|starts|started|first|earliest|oldest|since when|beginnt"
    r"|erste[nrs]?|premi[eè]re?|primer[ao]?)\b"
)
_SPAN = re.compile(
    r"(?i)\b(?:between|from|zwischen|von|entre|de)\s+(\d{1,2}:\d{2}(?::\d{2})?)\s*"
    r"(?:and|to|until|till|und|bis|et|y|a|à|-|–)\s+(\d{1,2}:\d{2}(?::\d{2})?)\b"
)
_TIME = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
# A time stands in the first so many characters of a line.
_READ_CHARS = 120
# More of the lines than this share say little of what is asked.
_MAX_SHARE = 0.3


def lines_of_asked_times(lines: Sequence[str], query: str) -> list[int]:
    """The numbers of these lines, in order; of a span that holds too many none."""
    found = set(_first_line(lines)) if _BEGINNING.search(query) else set()
    for match in _SPAN.finditer(query):
        within = list(_lines_between(lines, *map(_padded, match.groups())))
        if len(within) <= _MAX_SHARE * len(lines):
            found.update(within)
    return sorted(found)


def _first_line(lines: Sequence[str]) -> Iterator[int]:
    yield from (at for at, line in enumerate(lines[:1]) if line.strip())


def _lines_between(lines: Sequence[str], start: str, end: str) -> Iterator[int]:
    for at, line in enumerate(lines):
        time = _TIME.search(line, 0, _READ_CHARS)
        if time is None:
            continue
        told = _padded(time.group())
        # A minute that ends the span is meant as a whole.
        if start <= told and told[: len(end)] <= end:
            yield at


def _padded(time: str) -> str:
    """The time with two digits of its hour."""
    return time.zfill(len(time) + (time.index(":") < 2))
