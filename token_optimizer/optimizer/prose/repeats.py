"""Writes once, with a count, what a text says four times or more in a row: a line, or a phrase in a line.

Nothing is guessed: the mark says what is repeated to the character, so the text can be made again from it.
Only runs whose mark counts fewer tokens are replaced. Rows of digits, dashes or dots are left alone, and so
are runs inside a longer word (base64), and a whole text that has such marks of its own.

Before: "go left left left left left left left stop" and fifty lines "retrying"
After:  "go [7 times “left ”]stop" and one line "retrying [this line 50 times]"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import eq

from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import has_repeat_mark, repeated_line_marker, repeated_phrase_marker
from token_optimizer.optimizer.prose.repeat_candidates import may_repeat
from token_optimizer.text.cache import TextCache, keys_of
from token_optimizer.text.counting import token_counts

MIN_REPEATS = 4
# A phrase is looked for at every 24th character, by its next 12, up to 512 characters ahead.
_ANCHOR_STEP = 24
_WINDOW_CHARS = 12
_REACH_CHARS = 512
# Of periods up to this any run may be near an anchor.
_SHORT_PERIOD = _ANCHOR_STEP // (MIN_REPEATS - 1)
_WEIGHED_CHARS = 8_000
_LETTER = re.compile(r"[^\W\d_]")
_ONE_WORD = re.compile(r"[\w+/=-]+")
# What would end a phrase in its mark too early.
_QUOTES = re.compile(r"[“”\n]")

_PHRASELESS: TextCache[bool] = TextCache(50_000)

Run = tuple[int, int, int]  # start, end, period


def collapse_repeats(text: str) -> str:
    """The text with every run of repeats as its unit and a count."""
    return collapsed(text).text


def may_repeat_phrases(texts: Sequence[str]) -> list[bool]:
    """For each text whether a phrase may stand in it often enough to be written once; those in which none
    does are remembered."""
    keys = keys_of(texts, "phrases")
    known = _PHRASELESS.get_many(keys)
    new = [text for text, is_known in zip(texts, known, strict=True) if not is_known]
    found = iter(may_repeat(new, _max_period(max(map(len, new), default=0))))
    repeating = [not is_known and next(found) for is_known in known]
    _PHRASELESS.put_many((key, True) for key, may in zip(keys, repeating, strict=True) if not may)
    return repeating


def collapsed(text: str, *, only_lines: bool = False) -> MarkedText:
    """The same with the marks in their places; `only_lines` of a text that is known to repeat no phrase."""
    if has_repeat_mark(text):
        return MarkedText(text)
    lines = _collapsed_lines(text)
    if only_lines:
        return lines
    if not lines.markers:
        return _collapsed_phrases(lines.text)
    done = 0
    parts: list[MarkedText | str] = []
    for marker in lines.markers:
        parts += [_collapsed_phrases(lines.text[done : marker.start]), lines.part(marker.start, marker.end)]
        done = marker.end
    return joined([*parts, _collapsed_phrases(lines.text[done:])])


def _collapsed_lines(text: str) -> MarkedText:
    lines = text.split("\n")
    if not any(map(eq, lines, islice(lines, MIN_REPEATS - 1, None))):
        return MarkedText(text)
    runs = [(line, sum(1 for _ in same)) for line, same in groupby(lines)]
    repeated = [
        (_marked_line(line, count), "\n".join([line] * count))
        for line, count in runs
        if count >= MIN_REPEATS and _LETTER.search(line)
    ]
    forms = iter(_shorter_forms(repeated))
    parts: list[MarkedText | str] = []
    for line, count in runs:
        is_marked = count >= MIN_REPEATS and _LETTER.search(line)
        parts += [next(forms) if is_marked else "\n".join([line] * count), "\n"]
    return joined(parts[:-1])


def _marked_line(line: str, count: int) -> MarkedText:
    body = line.rstrip()
    return joined([body, " ", repeated_line_marker(count), line[len(body) :]])


def _collapsed_phrases(text: str) -> MarkedText:
    places, repeated = [], []
    for start, end, period in _runs(text):
        unit, count = text[start : start + period], (end - start) // period
        end = start + count * period
        if _is_phrase(text, start, end, unit):
            places.append((start, end))
            repeated.append((repeated_phrase_marker(unit, count), text[start:end]))
    if not places:
        return MarkedText(text)
    parts: list[MarkedText | str] = []
    done = 0
    for (start, end), form in zip(places, _shorter_forms(repeated), strict=True):
        parts += (text[done:start], form)
        done = end
    return joined([*parts, text[done:]])


def _shorter_forms(repeated: list[tuple[MarkedText, str]]) -> list[MarkedText | str]:
    """For each form and the run that it stands for: the form, or the run where that is no longer."""
    shorter = [at for at, (form, run) in enumerate(repeated) if len(form.text) < len(run)]
    pairs = [text for at in shorter for text in (_beginning(*repeated[at]), repeated[at][0].text)]
    counts = iter(token_counts(pairs))
    worth = {at for at in shorter if next(counts) > next(counts)}
    return [form if at in worth else run for at, (form, run) in enumerate(repeated)]


def _beginning(form: MarkedText, run: str) -> str:
    """As much of the run as tells whether it counts more tokens than the form."""
    return run[: max(_WEIGHED_CHARS, 2 * len(form.text))]


def _is_phrase(text: str, start: int, end: int, unit: str) -> bool:
    """Whether the unit says something, stays in one line, and, of word characters alone, is no part of a
    longer word."""
    if _QUOTES.search(unit) or not _LETTER.search(unit):
        return False
    neighbours = text[max(start - 1, 0) : start] + text[end : end + 1]
    return not (_ONE_WORD.fullmatch(unit) and _ONE_WORD.search(neighbours))


def _runs(text: str) -> Iterator[Run]:
    """Runs of a repeated phrase, from left to right, never overlapping."""
    reach = _max_period(len(text)) + _WINDOW_CHARS
    anchor, run = _first_run(text, 0, reach, 0)
    while run is not None:
        yield run
        anchor, run = _first_run(text, max(run[1], anchor + 1), reach, run[1])


def _max_period(chars: int) -> int:
    """The longest phrase that a text of so many characters may repeat."""
    # A run has so many periods, less what may stand before its anchor, and is no longer than the text.
    return min(_REACH_CHARS, max(_SHORT_PERIOD, (chars + _ANCHOR_STEP) // MIN_REPEATS))


def _first_run(text: str, start: int, reach: int, free: int) -> tuple[int, Run | None]:
    """The first run with an anchor at `start` or some steps further, and that anchor."""
    for anchor in range(start, len(text) - _WINDOW_CHARS, _ANCHOR_STEP):
        again = text.find(text[anchor : anchor + _WINDOW_CHARS], anchor + 1, anchor + reach)
        if again > 0 and (run := _run_at(text, anchor, again - anchor, free)):
            return anchor, run
    return len(text), None


def _run_at(text: str, anchor: int, period: int, free: int) -> Run | None:
    """The run of this period that the anchor lies near the start of; it starts at `free` or later."""
    # An anchor before it would have found a run that starts more than a step earlier.
    least = (MIN_REPEATS - 1) * period - _ANCHOR_STEP
    if least > 0 and not _same(text, anchor, anchor + period, least):
        return None
    start = anchor
    while start > free and text[start - 1] == text[start - 1 + period]:
        start -= 1
    end = anchor + period + _equal_chars(text, anchor, anchor + period)
    if end - start < MIN_REPEATS * period:
        return None
    return _aligned(text, start, end, period)


def _aligned(text: str, start: int, end: int, period: int) -> Run:
    """The run from the first start of a word in its first period on, where that loses no repeat."""
    latest = min(start + period, end - MIN_REPEATS * period + 1)
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
