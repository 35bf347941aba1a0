"""Fenced parts of a text: from a line of backticks or tildes to the next line of as many and nothing else.

All closing lines are looked up at once: a search from each opening line would read to the end of the text as
often as a fence stays open.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from token_optimizer.text.lines import FENCE_MARKS, holds_any

_OPENS = re.compile(r"^(`{3,}+|~{3,}+)([\w+-]*+)[^\n]*+\n", re.MULTILINE)
# What encloses code is seldom longer.
_FENCE_CHARS = 3
_CLOSES = re.compile(r"^(`{3,}+|~{3,}+)[ \t]*+$\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced part, from its opening line to behind its closing one, and what stands between them."""

    start: int
    end: int
    language: str
    inner_start: int
    inner_end: int


class _ClosingLines:
    """Lines of nothing but a mark: where they stand, by the mark's character and length."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, dict[int, list[tuple[int, int]]]] = {"`": {}, "~": {}}
        for match in _CLOSES.finditer(text):
            mark = match.group(1)
            self._lines[mark[0]].setdefault(len(mark), []).append(match.span())
        self._lengths = {char: sorted(lines) for char, lines in self._lines.items()}

    def first_behind(self, place: int, mark: str) -> tuple[int, int, int] | None:
        """Length, start and end of the line that closes the mark; of a shorter one where none is as long."""
        lengths = self._lengths[mark[0]]
        for length in reversed(lengths[: bisect_right(lengths, len(mark))]):
            lines = self._lines[mark[0]][length]
            at = bisect_left(lines, (place, 0))
            if at < len(lines):
                return length, *lines[at]
        return None


def fences(text: str) -> Iterator[Fence]:
    """The closed fences, in order and apart from each other."""
    if not holds_any(text, FENCE_MARKS):
        return
    closing = _ClosingLines(text)
    end = 0
    for opened in _OPENS.finditer(text):
        mark, language = opened.groups()
        is_open = opened.start() >= end and not _is_underline(text, opened.start(), mark)
        closed = closing.first_behind(opened.end(), mark) if is_open else None
        if closed:
            length, inner_end, end = closed
            # What stands behind a shorter mark is the rest of the mark.
            language = language if length == len(mark) else ""
            yield Fence(opened.start(), end, language, opened.end(), inner_end)


def _is_underline(text: str, start: int, mark: str) -> bool:
    """Whether the line makes a heading of the one above it, as in reStructuredText: it is no shorter."""
    above = text[text.rfind("\n", 0, max(0, start - 1)) + 1 : start].strip()
    return mark[0] == "~" and len(mark) > _FENCE_CHARS and 0 < len(above) <= len(mark)


def opens_with_fence(text: str) -> bool:
    """Whether the text begins with a fence that is closed."""
    first = next(fences(text), None) if text.startswith(FENCE_MARKS) else None
    return first is not None and first.start == 0
