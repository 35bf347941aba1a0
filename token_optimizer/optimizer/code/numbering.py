"""Takes the padding from the line numbers that a tool writes before the lines of a file.

The numbers stay, since later calls name them, and so does every line behind its number. Only spaces
that bring all numbers to one width go, so that they can be written again. Zeros stay: they may be an id's.

Before: "     9→def size(self):\\n    10→    return self._size"
After:  "9→def size(self):\\n10→    return self._size"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from token_optimizer.text.lines import matches_at_lines

# Editors' "12→", `cat -n` and `nl`, "12|" and "12 | "; a colon may also stand in a time of day.
_NUMBERED = re.compile(r"(?P<padding> *)(?P<number>\d{1,7})(?=[→\t|]| \||:(?!\d\d))")
_MAY_OPEN_NUMBERED = re.compile(r"\n *+\d")
_MIN_LINES = 3
# What a tool says above and below the lines is less than they are.
_MIN_SHARE = 0.5


def without_padding(text: str) -> str:
    """The text with its line numbers at the start of their lines; unchanged where they count no lines."""
    numbered = matches_at_lines(_NUMBERED, _MAY_OPEN_NUMBERED, text)
    if not numbered:
        return text
    runs = list(_runs(numbered))
    filled = sum(1 for line in text.split("\n") if line.strip())
    if sum(map(len, runs)) < _MIN_SHARE * filled or not all(map(_counts_lines, runs)):
        return text
    parts, end = [], 0
    for match in (match for run in runs for match in run):
        parts.append(text[end : match.start()])
        end = match.start("number")
    return "".join([*parts, text[end:]])


def _runs(numbered: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """The numbered lines, in runs in which each number is one more than the one before: several files, or
    several parts of one, may stand in a text."""
    run: list[re.Match[str]] = []
    for match in numbered:
        if run and int(match["number"]) != int(run[-1]["number"]) + 1:
            yield run
            run = []
        run.append(match)
    yield run


def _counts_lines(run: Sequence[re.Match[str]]) -> bool:
    """Whether the run is long enough to be one, and its numbers end in one column, but for wider ones."""
    if len(run) < _MIN_LINES:
        return False
    width = min(match.end() - match.start() for match in run)
    return all(match.end() - match.start() == width or not match["padding"] for match in run)
