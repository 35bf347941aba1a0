"""The lines of code, diffs and terminal output, with what each is worth when the budget is tight.

What a line names (identifiers, paths, numbers) are its facts, so every name is kept at least once before
anything is kept twice. Beyond that signatures, imports of a file, changed lines of a diff, errors and the
header of a listing are worth more than the body between them. Numbers that only count lines are no facts.

Before: "12:def size(self):\n13:    return self._size"
Facts:  size, self._size; the first line is a signature
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.relevance.names import NAME_WEIGHT, name_facts
from token_optimizer.optimizer.relevance.trouble import is_error_line
from token_optimizer.text.sentences import window_spans

_LINE_NUMBER = re.compile(r"[ \t]*\d{1,6}(?:[:\t→]| ?\|)|[ \t]*\d{1,6}  ?(?=\S)(?![\d.])")
_TELLING = re.compile(
    r"(?P<signature>\s*(?:export |public |private |protected |static |async |abstract |final |pub |default )*"
    r"(?:def|class|func|function|fn|struct|enum|interface|trait|impl|type|module|namespace)\s+"
    # The type that a method of Go belongs to stands before its name.
    r"(?:\([^()\n]{0,80}\)[ \t]*)?\w)"
    r"|(?P<changed>diff --git|@@ |[-+]{3} |[-+](?![-+]))"
    r"|(?P<header>\s*(?:\[[A-Z][\w ]*:|\$ |>>> |={3,}|-{3,}|\w+Error\b|(?:File|Found|ERRORS?)\b))"
)
# Without one of these a line of code or output tells of no error; most lines are not read further.
_HINTS = (
    "err", "fail", "exception", "traceback", "fatal", "panic", "cannot", "could not", "unable", "not ok",
    "✗", "✘", "❌",
)  # fmt: skip
_EMPTY = re.compile(r"[\W_]*$")
_VALUE = 0.02
_TELLING_VALUES = {"signature": 0.3, "changed": 0.3, "header": 0.25}
_ERROR_VALUE = 0.6


def code_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The lines of the text, each with what it is worth and what it names; of a very long one its parts."""
    # A line that a machine wrote may be the whole text.
    spans = _line_spans(MarkedText(text, markers))
    return span_passages(text, (part for span in spans for part in window_spans(text, *span)))


def line_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The lines of the text, as `code_passages`, but however long."""
    return span_passages(text, _line_spans(MarkedText(text, markers)))


def span_passages(text: str, spans: Iterable[tuple[int, int]]) -> list[Passage]:
    """What stands at the spans, as passages."""
    hints = _hints(text)
    return [_passage(text, start, end, hints) for start, end in spans]


def _hints(text: str) -> Sequence[int]:
    """Where hints of an error stand, in order; everywhere in a text that has other places in small letters.

    Looking for each takes a tenth of the time of a pattern that looks for all of them in any case.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        return range(len(text))
    said = [hint for hint in _HINTS if hint in lowered]
    return sorted(match.start() for hint in said for match in re.finditer(hint, lowered))


def _passage(text: str, start: int, end: int, hints: Sequence[int]) -> Passage:
    """One line; it is read for an error only where one of the hints stands in it."""
    line = without_number(text, start, end)
    facts = name_facts(line, NAME_WEIGHT)
    hinted = bisect_left(hints, end) > bisect_left(hints, start)
    return Passage(start, end, _value(line) + _ERROR_VALUE * (hinted and is_error_line(line)), facts)


def without_number(text: str, start: int, end: int) -> str:
    """A line of the text without the number that a tool gave it."""
    number = _LINE_NUMBER.match(text, start, end)
    return text[number.end() if number else start : end]


def _value(line: str) -> float:
    telling = _TELLING.match(line)
    return _VALUE + _TELLING_VALUES[telling.lastgroup or ""] if telling else _VALUE


def _line_spans(source: MarkedText) -> Iterator[tuple[int, int]]:
    """Lines with their ends; lines that say nothing go with the one before, markers are no passages."""
    text, has_markers = source.text, bool(source.markers)
    start = end = 0
    while end < len(text):
        begin, end = end, text.find("\n", end) + 1 or len(text)
        number = _LINE_NUMBER.match(text, begin, end)
        if begin > start and _EMPTY.match(text, number.end() if number else begin, end):
            continue
        if begin > start:
            yield start, begin
        start = begin
        if has_markers and source.is_marker(begin, end):
            start = end
    if start < len(text):
        yield start, len(text)
