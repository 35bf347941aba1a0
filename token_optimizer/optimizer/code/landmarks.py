"""The lines of code with those worth more by which an agent finds its way in a file that it reads.

An agent can neither ask nor search for a definition that it does not know of. So of each definition at the
margin the line that names it is worth more, with the first line of the comment above, and so are the lines
that the query names by their numbers, with those around them.

Before: "Fix `store.go:41-43`.", and a file of 300 numbered lines
After:  lines 38 to 46 are worth more, and `func Open(path string) (*Store, error) {` wherever it stands
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.code.definitions import FindPassages, definition_start, definitions
from token_optimizer.optimizer.code.passages import without_number

_RANGE = r"(\d{1,6})(?:\s?(?:-|–|to)\s?L?(\d{1,6}))?(?!\w)"
# "store.go:41-43", "line 41", "lines 41 to 43", "store.go#L41-L43".
_NAMED_LINES = re.compile(rf"(?:\w\.\w{{1,8}}:|\blines?\s|#L){_RANGE}")
_NUMBER = re.compile(r"[ \t]*(\d{1,6})[→\t|:]")
# Who names more lines than this at once means a part of a file, and none of its lines.
_MAX_LINES = 40
_LINES_AROUND = 3
# For each character: a token has about four.
_HEAD_VALUE, _NAMED_VALUE = 0.01, 0.035


def with_landmarks(find_passages: FindPassages) -> FindPassages:
    """The passages of code, with the heads of definitions and the lines that the query names worth more."""

    def passages(text: str, query: str | None, markers: tuple[Marker, ...]) -> list[Passage]:
        found = find_passages(text, query, markers)
        worths = dict.fromkeys(_heads(text, found), _HEAD_VALUE)
        worths |= dict.fromkeys(_named(text, found, query or ""), _NAMED_VALUE)
        return [
            replace(passage, value=max(passage.value, worths[number] * (passage.end - passage.start)))
            if number in worths
            else passage
            for number, passage in enumerate(found)
        ]

    return passages


def _heads(text: str, passages: Sequence[Passage]) -> Iterator[int]:
    """The numbers of the passages that head a definition at the margin, or begin the comment above it."""
    lines = [without_number(text, passage.start, passage.end) for passage in passages]
    for number, _ in definitions([line if line[:1].strip() else "" for line in lines]):
        yield from (definition_start(lines, number), number)


def _named(text: str, passages: Sequence[Passage], query: str) -> Iterator[int]:
    """The numbers of the passages that the query names by the numbers of their lines, or that stand beside
    them."""
    named = set(_named_lines(query))
    if named:
        for number, passage in enumerate(passages):
            line = _NUMBER.match(text, passage.start, passage.end)
            if line and int(line[1]) in named:
                yield number


def _named_lines(query: str) -> Iterator[int]:
    for match in _NAMED_LINES.finditer(query):
        first, last = int(match[1]), int(match[2] or match[1])
        if first <= last <= first + _MAX_LINES:
            yield from range(first - _LINES_AROUND, last + _LINES_AROUND + 1)
