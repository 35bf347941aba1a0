"""Which lines of a text went, and which came.

What a rule leaves of a text are mostly lines of it in their order, which is told in linear time; only short
texts are compared line with line where that does not hold.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

# The comparison of all lines with all others takes quadratic time.
_MAX_COMPARED_LINES = 2_000


def line_diff(before: str, after: str) -> Iterator[str]:
    """The lines that went, each after `-`, and those that came, each after `+`."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) <= _MAX_COMPARED_LINES:
        return _compared(old, new)
    return _in_order(old, new)


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for _, start, end, new_start, new_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if old[start:end] != new[new_start:new_end]:
            yield from (f"-{line}" for line in old[start:end])
            yield from (f"+{line}" for line in new[new_start:new_end])


def _in_order(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Each new line that stands further down in the old text is that line; all others came."""
    places: dict[str, list[int]] = {}
    for place in range(len(old) - 1, -1, -1):
        places.setdefault(old[place], []).append(place)
    at = 0
    for line in new:
        found = places.get(line, [])
        while found and found[-1] < at:
            found.pop()
        if not found:
            yield f"+{line}"
            continue
        yield from (f"-{gone}" for gone in old[at : found[-1]])
        at = found[-1] + 1
    yield from (f"-{gone}" for gone in old[at:])
