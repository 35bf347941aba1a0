"""Cuts a log to its errors with what surrounds them, its end, and the lines that the query asks for.

Of every other pattern that tells of trouble, the first and the last line stay, with the lines beside a rare
one; and so does the only line of its pattern among many that are alike.

Kept lines are never altered and tracebacks stay whole; each cut leaves a marker with the exact number of
lines. A second run over what is left finds nothing to cut, but for a line that was kept only because what it
took was far from the rest of its pattern: the pipeline cuts no log twice.

Before: 2,000 lines of INFO around one of ERROR
After:  "[… 1,459 lines left out]", 30 lines, the error, 30 lines, "[… 399 lines left out]", 80 lines
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby, islice

from token_optimizer.optimizer.logs.asked_times import lines_of_asked_times
from token_optimizer.optimizer.logs.entries import entry_ends
from token_optimizer.optimizer.logs.lines import (
    FRAME,
    INDENTED,
    TRACEBACK,
    LineFinder,
    names,
    words,
)
from token_optimizer.optimizer.logs.numbers import lines_of_asked_statuses
from token_optimizer.optimizer.logs.patterns import alarms_of, pattern_texts
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import cut_marker
from token_optimizer.optimizer.relevance.trouble import ERROR, ERROR_LETTER, HINTS
from token_optimizer.text.counting import token_counts
from token_optimizer.text.lines import line_starts, lines_of

# A gap is cut only when it counts more tokens than any marker can.
_MARKER_TOKENS = 16
_WEIGHED_CHARS = 4_000
# From here on a line warns, and from there it alarms.
_WARNING = 0.5
_ALARMING = 0.8
# An alarm given no more often than this is not how the log always is: what stands beside it belongs to it.
_FEW_LINES = 20
_LINES_BESIDE = 3
# The only lines of their patterns tell something where they are few among lines that are alike.
_SINGLE_SHARE = 0.05
_ZERO = re.compile(r"\b0\b")
_MAX_LINES_OF_A_NAME = 200
_MAX_LINES_OF_A_WORD = 20


def trim_logs(content: str, error_window: int, tail_lines: int, query: str | None = None) -> str:
    """The log without the lines that are neither near an error, nor at its end, nor asked for."""
    return trimmed_log(MarkedText(content), error_window, tail_lines, query).text


def trimmed_log(log: MarkedText, error_window: int, tail_lines: int, query: str | None = None) -> MarkedText:
    """The same with the markers of the cuts; earlier ones count for the lines that they stand for."""
    content = log.text
    lines = content.split("\n")
    kept = bytearray(len(lines))
    lowered = _finder(content.lower())
    _keep_errors(lines, kept, error_window, lowered)
    _keep_patterns(lines, kept, error_window)
    if query:
        _keep_asked(_finder(content), lowered, kept, query)
        _mark(kept, lines_of_asked_statuses(lines, query)[:_MAX_LINES_OF_A_NAME])
        _mark(kept, lines_of_asked_times(lines, query))
    ending = 1 if lines[-1] == "" else 0
    kept[max(len(lines) - tail_lines - ending, 0) :] = b"\1" * min(tail_lines + ending, len(lines))
    _keep_entries(lines, kept)
    return _without_gaps(log, lines, kept) if 0 in kept else log


def _finder(text: str) -> LineFinder:
    return LineFinder(text, line_starts(lines_of(text)))


def _keep_errors(lines: list[str], kept: bytearray, window: int, lowered: LineFinder) -> None:
    """Mark every error, the lines within the window, and the whole of a traceback."""
    hinted = {at for hint in HINTS for at in lowered.lines_with(hint)}
    decided = 0  # the windows cover all that they will up to this line
    trace: re.Pattern[str] | None = None  # what a further line of the traceback looks like
    for at, line in enumerate(lines):
        is_error = ERROR_LETTER.match(line) or (at in hinted and ERROR.search(line))
        if is_error:
            start, decided = max(at - window, decided), min(at + window + 1, len(lines))
            kept[start:decided] = b"\1" * (decided - start)
        if trace is not None:
            inside = trace.match(line)
            if inside or trace is INDENTED:  # a Python traceback ends with the line that names the error
                kept[at] = 1
            if inside:
                continue
            trace = None
        if is_error:
            trace = INDENTED if TRACEBACK.search(line) else FRAME


def _keep_patterns(lines: list[str], kept: bytearray, window: int) -> None:
    """Mark the first and the last line of every pattern that tells of trouble, with what stands beside a rare
    one, and what is the only line of its pattern among many that are alike."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(pattern_texts(lines)):
        places[text].append(at)
    for text, alarm in alarms_of(places).items():
        found = places[text]
        if alarm >= _WARNING:
            _mark(kept, (found[0], found[-1]))
        if alarm >= _ALARMING and len(found) <= _FEW_LINES:
            beside = min(window, _LINES_BESIDE)
            _mark(kept, (near for at in found for near in range(at - beside, at + beside + 1)))
    single = _only_ones(places)
    if len(single) <= max(_FEW_LINES, _SINGLE_SHARE * len(lines)):
        _mark(kept, single)


def _only_ones(places: Mapping[str, list[int]]) -> list[int]:
    """The lines that are alone with their pattern; a zero is a number like any other here."""
    alike: dict[str, list[int]] = defaultdict(list)
    for text, found in places.items():
        alike[_ZERO.sub("#", text)] += found
    return [found[0] for text, found in alike.items() if len(found) == 1 and text]


def _keep_entries(lines: list[str], kept: bytearray) -> None:
    """Mark the whole of each entry of several lines of which a line is marked."""
    for first, end in entry_ends(lines).items():
        if any(kept[first:end]):
            _mark(kept, range(first, end))


def _mark(kept: bytearray, places: Iterable[int]) -> None:
    for at in places:
        if 0 <= at < len(kept):
            kept[at] = 1


def _keep_asked(text: LineFinder, lowered: LineFinder, kept: bytearray, query: str) -> None:
    """Mark the lines that hold a name of the query, or a word of it that is rare in the log."""
    for name in names(query):
        for at in islice(text.lines_with(name, at_word_start=True), _MAX_LINES_OF_A_NAME):
            kept[at] = 1
    for word in words(query):
        found = list(islice(lowered.lines_with(word, at_word_start=True), _MAX_LINES_OF_A_WORD + 1))
        if len(found) <= _MAX_LINES_OF_A_WORD:
            for at in found:
                kept[at] = 1


def _without_gaps(log: MarkedText, lines: list[str], kept: bytearray) -> MarkedText:
    """The kept lines, and a marker for each run of others that is longer than the marker."""
    out: list[MarkedText | str] = []
    start = 0
    at = 0
    for keep, run in groupby(kept):
        count = sum(1 for _ in run)
        gap = lines[at : at + count]
        end = start + sum(map(len, gap)) + count - 1
        if keep or not _is_worth_cutting(gap):
            out.append(log.part(start, end))
        else:
            meant = log.lines_meant(start, end, count)
            out.append(cut_marker("line", meant, log.text[start:end]))
        at, start = at + count, end + 1
        out.append("\n" if at < len(lines) else "")
    return joined(out)


def _is_worth_cutting(gap: list[str]) -> bool:
    if len(gap) < 2:
        return False
    text = "\n".join(gap[:_WEIGHED_CHARS])[:_WEIGHED_CHARS]
    return token_counts([text])[0] > _MARKER_TOKENS
