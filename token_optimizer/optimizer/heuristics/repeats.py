"""Writes once, with a count, what a text says four times or more in a row: a line, or a phrase in a line.

Nothing is guessed: the text can be made again from the mark. Only runs whose mark counts fewer tokens are
replaced. Rows of digits, dashes or dots are left alone, and so are runs inside a longer word (base64).

Before: "Hello!Hello!Hello!Hello!" (fifty times)
After:  "Hello! [repeated 50 times]"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, islice
from operator import eq

from token_optimizer.text import token_counts

LEAST_REPEATS = 4
# A phrase is looked for at every 24th character, by its next 12, up to 512 characters ahead.
_ANCHOR_STEP = 24
_WINDOW_CHARS = 12
_REACH_CHARS = 512
_WEIGHED_CHARS = 8_000
_MARK = " [repeated {} times]"
_HAS_MARK = "[repeated "
_LETTER = re.compile(r"[^\W\d_]")
_ONE_WORD = re.compile(r"[\w+/=-]+")

Run = tuple[int, int, int]  # start, end, period


def collapse_repeats(text: str) -> str:
    """The text with every run of repeats as its unit and a count."""
    while (shorter := _collapsed_phrases(_collapsed_lines(text))) != text:
        text = shorter
    return text


def _collapsed_lines(text: str) -> str:
    lines = text.split("\n")
    if not any(map(eq, lines, islice(lines, LEAST_REPEATS - 1, None))):
        return text
    runs = [(line, sum(1 for _ in same)) for line, same in groupby(lines)]
    return "\n".join(
        [
            "\n".join([line] * count) if count < LEAST_REPEATS else _one_line(line, count)
            for line, count in runs
        ]
    )


def _one_line(line: str, count: int) -> str:
    run = "\n".join([line] * count)
    return _marked(line, count) if _is_worth_it(run, line, count) else run


def _collapsed_phrases(text: str) -> str:
    parts, done = [], 0
    for start, end, period in _runs(text):
        unit, count = text[start : start + period], (end - start) // period
        end = start + count * period
        if _is_phrase(text, start, end, unit) and _is_worth_it(text[start:end], unit, count):
            parts += [text[done:start], _marked(unit, count)]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _marked(unit: str, count: int) -> str:
    body = unit.rstrip()
    return body + _MARK.format(f"{count:,}") + unit[len(body) :]


def _is_worth_it(run: str, unit: str, count: int) -> bool:
    marked = _marked(unit, count)
    if len(marked) >= len(run) or _HAS_MARK in unit or not _LETTER.search(unit):
        return False
    before, after = token_counts([run[: max(_WEIGHED_CHARS, 2 * len(marked))], marked])
    return after < before


def _is_phrase(text: str, start: int, end: int, unit: str) -> bool:
    """Whether the unit stays in one line, and a unit of word characters alone is no part of a longer word."""
    if "\n" in unit.strip():
        return False
    neighbours = text[max(start - 1, 0) : start] + text[end : end + 1]
    return not (_ONE_WORD.fullmatch(unit) and _ONE_WORD.search(neighbours))


def _runs(text: str) -> Iterator[Run]:
    """Runs of a repeated phrase, from left to right, never overlapping."""
    anchor, free = 0, 0
    while anchor + _WINDOW_CHARS < len(text):
        run = _run_at(text, anchor, free)
        if run is None:
            anchor += _ANCHOR_STEP
            continue
        yield run
        free = run[1]
        anchor = max(free, anchor + 1)


def _run_at(text: str, anchor: int, free: int) -> Run | None:
    """The run that the anchor lies in, of a period within reach; it starts at `free` or later."""
    window = text[anchor : anchor + _WINDOW_CHARS]
    again = text.find(window, anchor + 1, anchor + _REACH_CHARS + _WINDOW_CHARS)
    if again < 0:
        return None
    period = again - anchor
    start = anchor
    while start > free and text[start - 1] == text[start - 1 + period]:
        start -= 1
    end = again + _equal_chars(text, anchor, again)
    if end - start < LEAST_REPEATS * period:
        return None
    return _aligned(text, start, end, period)


def _aligned(text: str, start: int, end: int, period: int) -> Run:
    """The run from the first start of a word in its first period on, where that loses no repeat."""
    latest = min(start + period, end - LEAST_REPEATS * period + 1)
    for at in range(start, latest):
        if (at == 0 or text[at - 1].isspace()) and not text[at].isspace():
            return at, end, period
    return start, end, period


def _equal_chars(text: str, first: int, second: int) -> int:
    """How many characters from `first` on equal those from `second` on, compared in doubling slices."""
    equal, step = 0, 32
    while second + equal + step <= len(text) and _same(text, first + equal, second + equal, step):
        equal, step = equal + step, step * 2
    while step:
        if second + equal + step <= len(text) and _same(text, first + equal, second + equal, step):
            equal += step
        step //= 2
    return equal


def _same(text: str, first: int, second: int, chars: int) -> bool:
    return text[first : first + chars] == text[second : second + chars]
