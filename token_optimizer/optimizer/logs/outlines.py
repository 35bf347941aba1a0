"""Outlines in logs and output: names with their values below them, as `kubectl describe` prints them.

Before: "  checkout:", "    Last State:  Ended", "      Reason:  OOMKilled", "    Limits:", "      cpu:  1"
After:  the limits belong to what was killed, and go or stay with their values
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from token_optimizer.text.lines import depth_of

_MAX_NAME_CHARS, _MAX_VALUES = 40, 4
_NAME = re.compile(r"[ \t]+[A-Za-z][\w .-]{0,40}:(?:[ \t]+\S|[ \t]*$)")
_VALUE = re.compile(r"[ \t]+[A-Za-z][\w .-]{0,40}:[ \t]+\S")
_MAX_LINES = 60
# "______ test_it ______", "====== warnings summary ======".
_RULES = ("___", "===")
_FAILED = re.compile(r"_{3,}[ \t][^\n]{1,200}[ \t]_{3,}\s*\Z")
_OPENS = ":"


def values_end(lines: Sequence[str], at: int) -> int:
    """The number of the line behind the values below this line, where it is the name of a few; else of the
    line behind it."""
    name = lines[at].rstrip()
    if not name.endswith(_OPENS) or len(name) > _MAX_NAME_CHARS:
        return at + 1
    depth = depth_of(name)
    for number in range(at + 1, min(at + 2 + _MAX_VALUES, len(lines))):
        line = lines[number].rstrip()
        if not line or depth_of(line) <= depth:
            return number
        if line.endswith(_OPENS):
            break
    return at + 1


def lines_beside(lines: Sequence[str], at: int) -> range:
    """The numbers of the lines in the part of an outline in which this line tells a value: below "checkout:"
    not only those below "Last State:", but the limits, too. None where the line tells none."""
    depth = depth_of(lines[at])
    if not depth or _VALUE.match(lines[at]) is None:
        return range(0)
    name = at
    while name and at - name < _MAX_LINES and depth_of(lines[name]) >= depth:
        name -= 1
    part = depth_of(lines[name])
    if not part or _NAME.match(lines[name]) is None:
        return range(0)
    first, end = name, at + 1
    while first and end - first < _MAX_LINES and depth_of(lines[first - 1]) >= part:
        first -= 1
    while end < len(lines) and end - first < _MAX_LINES and depth_of(lines[end]) >= part:
        end += 1
    return range(first, end)


def lines_of_failures(lines: Sequence[str]) -> Iterator[int]:
    """The numbers of the lines that pytest prints of failures, each below a head between underlines; not of
    longer ones."""
    heads = [number for number, line in enumerate(lines) if line.startswith(_RULES)]
    for head, following in pairwise([*heads, len(lines)]):
        if _FAILED.match(lines[head]) and following - head <= _MAX_LINES:
            yield from range(head, following)
