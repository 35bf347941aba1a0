"""Lines that a tool numbered, compared by what stands behind their numbers.

A file that is read again below an edit has other numbers before the same lines.

Before: "40→def parse(text):" in one text, "52→def parse(text):" in another
After:  the same line, 12 further down
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

# Editors' "12→", and "12" with a tab, as `cat -n` and `nl` write it.
_NUMBER = re.compile(r" *(\d{1,7})[→\t]")
_NUMBERS = re.compile(r"^ *\d{1,7}[→\t]", re.MULTILINE)
# Stands for a number: a line without one is not the same line.
_NUMBERED = "\1"


def unnumbered(text: str) -> str:
    """The text with a mark in the place of each line's number."""
    return _NUMBERS.sub(_NUMBERED, text) if "→" in text or "\t" in text else text


def unnumbered_lines(lines: Sequence[str]) -> list[str]:
    """The lines, each with a mark in the place of its number."""
    return [_NUMBER.sub(_NUMBERED, line, count=1) if _NUMBER.match(line) else line for line in lines]


def line_numbers(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines where each has one, and each is one more than the one before; else none."""
    found = [_NUMBER.match(line) for line in lines]
    numbers = [int(match[1]) for match in found if match]
    counts = len(numbers) == len(lines) and all(other == one + 1 for one, other in pairwise(numbers))
    return numbers if counts else []
