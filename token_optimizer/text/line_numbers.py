"""Lines that a tool numbered: compared by what stands behind the numbers, and with few of the numbers alone.

A file that is read again below an edit has other numbers before the same lines.

Before: "40→def parse(text):" in one text, "52→def parse(text):" in another
After:  the same line, 12 further down
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from token_optimizer.text.lines import lines_of

# Editors' "12→", and "12" with a tab, as `cat -n` and `nl` write it.
_NUMBER = re.compile(r" *(\d{1,7})[→\t]")
_NUMBERS = re.compile(r"^ *\d{1,7}[→\t]", re.MULTILINE)
# Stands for a number: a line without one is not the same line.
_NUMBERED = "\1"
# A number that counts lines: before an arrow, or in a column as wide as `cat -n` makes it. Narrow ones before
# a tab or a bar may be the ids of rows.
_COUNTING = re.compile(r" *\d{1,7}→|(?=[ \d]{6,7}[\t|]) *\d{1,7}[\t|]")
# A number that an arrow follows, in a column or without the spaces that make one.
_SPACED, _UNSPACED = re.compile(r" +\d{1,6}→"), re.compile(r"\d{1,6}→")
_MIN_RISING, _COUNTED_SHARE = 3, 0.8
_CLOSING = frozenset(")]}")
# So many lines from one number that stays to the next.
_STEP = 5


def unnumbered(text: str) -> str:
    """The text with a mark in the place of each line's number."""
    return _NUMBERS.sub(_NUMBERED, text) if "→" in text or "\t" in text else text


def without_line_numbers(text: str) -> str:
    """The text without the numbers before its lines."""
    return _NUMBERS.sub("", text) if "→" in text or "\t" in text else text


def unnumbered_lines(lines: Sequence[str]) -> list[str]:
    """The lines, each with a mark in the place of its number."""
    return [_NUMBER.sub(_NUMBERED, line, count=1) if _NUMBER.match(line) else line for line in lines]


def line_numbers(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines where each has one, and each is one more than the one before; else none."""
    found = [_NUMBER.match(line) for line in lines]
    numbers = [int(match[1]) for match in found if match]
    counts = len(numbers) == len(lines) and all(other == one + 1 for one, other in pairwise(numbers))
    return numbers if counts else []


def has_counted_lines(text: str) -> bool:
    """Whether most lines have a number, each one more than the one before."""
    if "→" not in text and "\t" not in text:
        return False
    lines = [line for line in lines_of(text) if line.strip()]
    numbers = [int(match[1]) for line in lines if (match := _NUMBER.match(line))]
    rising = sum(other == one + 1 for one, other in pairwise(numbers))
    return rising >= max(_MIN_RISING, _COUNTED_SHARE * len(lines))


class _Prefix(NamedTuple):
    """What a tool wrote before a line: the number in a column, and the sign behind it."""

    number: int
    width: int
    sign: str

    @classmethod
    def of(cls, line: str) -> _Prefix | None:
        match = _COUNTING.match(line)
        if match is None:
            return None
        written = match.group()
        return cls(int(written[:-1]), len(written) - 1, written[-1])

    def after(self, lines: int) -> str:
        """What stands before the line that is so many lines below."""
        return f"{self.number + lines:>{self.width}}{self.sign}"


def may_be_numbered(text: str) -> bool:
    """Whether lines of the text may have numbers that count them: most texts are told from that at once."""
    return "→" in text or "\t" in text or "|" in text


def sparsely_numbered(lines: Sequence[str], breaks: Container[int] = ()) -> list[str]:
    """The lines with every fifth number, those at both ends of each run of lines in a row, and those where a
    part begins; lines in the places of `breaks` are no part of a run. Of numbers before arrows only the first
    has the spaces that set it in a column. The very lines can be written again, or all of that stays."""
    sparse = _with_every_fifth(lines, breaks)
    if sparse == list(lines):
        return sparse
    for shorter in (_out_of_column(sparse, breaks), sparse):
        if fully_numbered(shorter, breaks) == list(lines):
            return shorter
    return list(lines)


def _with_every_fifth(lines: Sequence[str], breaks: Container[int]) -> list[str]:
    sparse = list(lines)
    for start, end in _runs(lines, breaks):
        above = ""
        for at in range(start, end):
            prefix = _Prefix.of(lines[at])
            rest = lines[at][len(prefix.after(0)) :] if prefix else ""
            is_within = start < at < end - 1 and prefix and prefix.number % _STEP
            if is_within and not _COUNTING.match(rest) and not _begins_part(rest, above):
                sparse[at] = rest
            above = rest
    return sparse


def _begins_part(line: str, above: str) -> bool:
    """Whether a line stands at the margin below a blank one: where a definition or a section begins is said
    by its number, and read again from there."""
    return not above.strip() and line[:1].strip() != "" and line[0] not in _CLOSING


def fully_numbered(lines: Sequence[str], breaks: Container[int] = ()) -> list[str]:
    """The lines with their numbers again, in a column, where as many lines stand between two as these
    count."""
    full = _in_column(lines, breaks)
    last: tuple[int, _Prefix] | None = None
    for at, line in enumerate(full):
        if at in breaks:
            last = None
            continue
        prefix = _Prefix.of(line)
        if prefix is None:
            continue
        if last is not None and prefix.number - last[1].number == at - last[0] <= _STEP:
            for between in range(last[0] + 1, at):
                full[between] = last[1].after(between - last[0]) + lines[between]
        last = at, prefix
    return full


def _out_of_column(lines: Sequence[str], breaks: Container[int]) -> list[str]:
    """The lines without the spaces before all numbers behind the first one that has some."""
    first, _ = _column_of(lines, breaks)
    return [
        line.lstrip(" ") if at > first and at not in breaks and _SPACED.match(line) else line
        for at, line in enumerate(lines)
    ]


def _in_column(lines: Sequence[str], breaks: Container[int]) -> list[str]:
    """The lines with spaces before their numbers, as many as the first one that has some asks for."""
    first, width = _column_of(lines, breaks)
    return [
        " " * (width - match.end() + 1) + line
        if at > first and at not in breaks and (match := _UNSPACED.match(line))
        else line
        for at, line in enumerate(lines)
    ]


def _column_of(lines: Sequence[str], breaks: Container[int]) -> tuple[int, int]:
    """The place of the first line with spaces before its number, and how wide that column is."""
    for at, line in enumerate(lines):
        if at not in breaks and (match := _SPACED.match(line)):
            return at, match.end() - 1
    return len(lines), 0


def without_gaps(text: str) -> str:
    """The text with the numbers of its lines again."""
    return "".join(fully_numbered(lines_of(text))) if may_be_numbered(text) else text


def _runs(lines: Sequence[str], breaks: Container[int]) -> Iterator[tuple[int, int]]:
    """Where lines in a row begin and end whose numbers stand in one column, each one more than the last."""
    start = 0
    expected = ""
    for at, line in enumerate(lines):
        prefix = None if at in breaks else _Prefix.of(line)
        if not (expected and prefix and line.startswith(expected)):
            yield start, at
            start = at
        expected = prefix.after(1) if prefix else ""
    yield start, len(lines)
