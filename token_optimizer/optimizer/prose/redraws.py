"""Keeps the last state of a line that a program drew again and again over itself, as progress bars are.

A terminal goes back to the start of the line at a carriage return, so a reader saw the last state alone. Only
a state that a later one of the same shape (the same words, other numbers and bars) was drawn over goes; a
message that was drawn once stays.

Before: "pull: 1% [>    ]\\rpull: 50% [==>  ]\\rpull: 100% [====>]\\nchecksum mismatch"
After:  "pull: 100% [====>]\\nchecksum mismatch"
"""

from __future__ import annotations

import re

# What changes from state to state: numbers with their units, the cells of a bar, spinners.
_CHANGING = re.compile(
    r"[\d.,:]+\s?(?:[kKMGT]i?[Bb]?\b|%|ms\b|s\b|it\b)?|[#=>\-_.*+|/\\\s\u2500-\u25ff\u2800-\u28ff]+"
)


def last_states(text: str) -> str:
    """The text without the states that were drawn over."""
    if "\r" not in text:
        return text
    return "\n".join([_last_states(line) if "\r" in line else line for line in text.split("\n")])


def _last_states(line: str) -> str:
    states = line.split("\r")
    kept: list[str] = []
    drawn: set[str] = set()
    for state in reversed(states):
        shape = _CHANGING.sub("", state)
        if shape and shape in drawn:
            continue
        drawn.add(shape)
        kept.append(state)
    return "\r".join(reversed(kept)) if len(kept) < len(states) else line
