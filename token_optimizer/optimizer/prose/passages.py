"""The passages of prose: sentences, each with what must come along to be understood.

A sentence that opens with a pronoun belongs to the one before it, a short line that opens a list to its first
item. A short fenced snippet is one passage, and so is the definition of a table in SQL. A heading, a speaker
or a date stays with what follows on its line, and a line that is nothing but a date with the line below it.
The title of a document is no passage: it stays while anything of the document does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.text.lines import FENCE_MARKS, holds_any, line_spans
from token_optimizer.text.sentences import is_opened, is_shorter, unit_spans
from token_optimizer.text.speech import HEAD, is_cue, names_above_cues
from token_optimizer.text.table_definitions import begins_table, table_definitions

# Those that begin alike stand together: they are tried at nearly every sentence.
_PRONOUN = re.compile(
    r"\s*(?:t(?:h(?:ey|eir|e (?:latter|former|same)|is|at|ese|ose))|h(?:e|is|er)|s(?:he|uch)|both|otherwise"
    r"|i(?:ts?|n (?:that|this) case|f (?:so|not))|after (?:that|this))\b",
    re.IGNORECASE,
)
# What ends with a colon, and a line that does with what was taken in of its list.
_OPENER = re.compile(r"[^\n]{1,120}[:：][ \t]*\n")
_COLONS = (":", "：")
_HEADING = re.compile(r"#{1,6} ")
_HEADING_MARK = "#"
# "Monday, 4 May 2026, 10:15", "--- 2026-05-04 ---", "[1:56 pm on 8 May, 2023]".
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?"
_DATE = (
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)? {_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
)
_DATE_LINE = re.compile(
    rf"[^\w\n]*(?:{_TIME},? (?:on )?)?(?:[a-z]{{3,9}}:?,? )?(?:{_DATE})(?:,?[ T](?:at )?{_TIME})?[^\w\n]*\n",
    re.IGNORECASE,
)
# Longer than this, a passage takes no more sentences in.
_PASSAGE_CHARS = 400
_OPENER_CHARS = 120
_FENCED_CHARS = 800
_SHORT_CHARS = 24
# A document's number and title: its first line, or what stands before the text on it.
_TITLE = re.compile(
    r"[^\n]{0,120}\n(?=[^\n])"
    r"|[ \t]*(?:[#*_<-]{1,4} ?)?\w* ?[\[(#:]?\d{1,4}[\])]?[:.]?(?: ?\([^)\n]{1,200}\))?\s"
)
_SPOKEN = re.compile(r"[^\n:]{1,60}:(?:\s|$)")
_QUOTE = ">"
_VALUE = 0.05

Span = tuple[int, int]
_NO_FACTS: Mapping[str, float] = MappingProxyType({})


def prose_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The sentences of a message."""
    source = MarkedText(text, markers)
    return _passages(_joined(source, _units(source, 0)))


def document_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The sentences of a document after its title line, which is no passage."""
    source, title = MarkedText(text, markers), _TITLE.match(text)
    start = title.end() if title and not begins_table(text) else 0
    return _passages(_joined(source, _units(source, start)))


def spoken_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """What each speaker said at a time, with the name and time at its head."""
    return _passages(_joined_lines(MarkedText(text, markers)))


def _passages(spans: Iterable[Span]) -> list[Passage]:
    passage, value, facts = Passage, _VALUE, _NO_FACTS
    return [passage(start, end, value, facts) for start, end in spans]


def _units(source: MarkedText, start: int) -> Iterable[Span]:
    """Sentences, markers, fenced snippets and definitions of tables, with all the space behind them; they
    cover the text from `start`."""
    text = source.text
    if source.markers or "\n" in text or _has_fences(text):
        return _units_of_lines(source, start)
    return _moved(unit_spans(text[start:]), start)


def _units_of_lines(source: MarkedText, start: int) -> Iterator[Span]:
    for begin, end in table_definitions(source.text, start):
        yield from _units_between(source, start, begin)
        yield begin, end
        start = end
    yield from _units_between(source, start, len(source.text))


def _units_between(source: MarkedText, start: int, stop: int) -> Iterator[Span]:
    text = source.text
    has_fences = _has_fences(text)
    fence_start: int | None = None
    for begin, end in line_spans(text, start, stop):
        fence = has_fences and _is_fence(text[begin:end])
        if fence_start is not None:
            if fence or end - fence_start > _FENCED_CHARS:
                yield fence_start, end
                fence_start = None
        elif fence:
            fence_start = begin
        elif source.markers:
            yield from _units_of_marked_line(source, begin, end)
        else:
            yield from _moved(unit_spans(text[begin:end]), begin)
    if fence_start is not None:
        yield fence_start, stop


def _moved(spans: Sequence[Span], by: int) -> Sequence[Span]:
    return [(start + by, end + by) for start, end in spans] if by else spans


def _units_of_marked_line(source: MarkedText, begin: int, end: int) -> Iterator[Span]:
    """The sentences and the markers of a line that may have some."""
    for first, last in _between_markers(source, begin, end):
        if source.is_marker(first, last):
            yield first, last
            continue
        yield from _moved(unit_spans(source.text[first:last]), first)


def _between_markers(source: MarkedText, start: int, end: int) -> Iterator[Span]:
    """Its markers, each with the space behind it, and what stands between them. References are text."""
    for marker in source.within(start, end):
        if marker.kind in ("copy", "repeat"):
            continue
        if marker.start > start:
            yield start, marker.start
        start = marker.end
        while start < end and source.text[start].isspace():
            start += 1
        yield marker.start, start
    if start < end:
        yield start, end


def _joined(source: MarkedText, units: Iterable[Span]) -> list[Span]:
    """The units, each with what has to come along, without the markers of earlier cuts."""
    text = source.text
    joined: list[Span] = []
    has_markers, marks = bool(source.markers), _Marks.of(text)
    is_plain, starts_with_pronoun = marks is _NO_MARKS, _PRONOUN.match
    first = last = -1
    for start, end in units:
        if has_markers and source.is_marker(start, end):
            continue
        if last != start:
            goes_with = False
        elif (
            is_plain
            and end - first <= _PASSAGE_CHARS
            and end - start >= _SHORT_CHARS <= start - first
            and text[first] != _HEADING_MARK
            and text[start + 1].isalnum()
        ):
            # Nearly all sentences of prose: `_goes_with` comes to this, too.
            goes_with = starts_with_pronoun(text, start, end) is not None
        else:
            goes_with = _goes_with(text, first, start, end, marks)
        if goes_with:
            joined[-1] = (first, end)
        else:
            first = start
            joined.append((start, end))
        last = end
    return joined


def _joined_lines(source: MarkedText) -> list[Span]:
    """The lines of a transcript; one without a speaker goes with the one before, dates and cues with what
    follows, and so do names above cues."""
    text = source.text
    names = names_above_cues(text.split("\n"))
    joined: list[Span] = []
    is_led_in = False  # whether the last passage is nothing but dates and cues
    for start, end in line_spans(text):
        if source.is_marker(start, end):
            is_led_in = False
            continue
        line = text[start:end]
        leads_in = _DATE_LINE.fullmatch(line) is not None or is_cue(line) or line.strip() in names
        opens = leads_in or HEAD.match(line) is not None or _SPOKEN.match(line) is not None
        if joined and joined[-1][1] == start and (is_led_in or not opens):
            joined[-1] = (joined[-1][0], end)
            is_led_in = is_led_in and (leads_in or not line.strip())
        else:
            joined.append((start, end))
            is_led_in = leads_in
    return joined


class _Marks(NamedTuple):
    """Which marks stand anywhere in a text: what it does not hold need not be looked for at each unit."""

    fences: bool
    colons: bool
    lines: bool

    @classmethod
    def of(cls, text: str) -> _Marks:
        has_colons, has_lines = ":" in text or "：" in text, "\n" in text
        has_fences = _has_fences(text)
        return cls(has_fences, has_colons, has_lines) if has_fences or has_colons or has_lines else _NO_MARKS


_NO_MARKS = _Marks(fences=False, colons=False, lines=False)


def _goes_with(text: str, first: int, start: int, end: int, marks: _Marks) -> bool:
    """Whether the unit from `start` to `end` goes with what stands before it from `first` on."""
    # The second character tells sooner of most units that they are no space, which stands before them. Quoted
    # mail has marks there.
    second = text[start + 1 if start + 1 < end else start]
    may_be_blank = second.isspace() or second == _QUOTE
    if may_be_blank and not text[start:end].replace(_QUOTE, " ").strip():
        return True
    if marks.fences and _is_fence(text[start:end]):
        # The name of the file, or what the code is.
        last_line = text[first:start].rstrip().rpartition("\n")[2]
        return len(last_line) < _OPENER_CHARS and not last_line.endswith((".", "!", "?"))
    if end - first > _PASSAGE_CHARS:
        return False
    if marks.colons and start - first < _OPENER_CHARS and _ends_with_colon(text, first, start):
        return True
    if text[first] == _HEADING_MARK and _HEADING.match(text, first, start):
        return True
    line_start = text.rfind("\n", first, start) + 1 if marks.lines else 0
    if line_start:
        before = text[first:start]
        ends_line = text[line_start:start].strip(" ") == ""
        if (ends_line and _DATE_LINE.fullmatch(before)) or _opens(before, text[start:end]):
            return True
        if ends_line:
            return False
    is_short = _is_short(text, start, end) or _is_short(text, line_start or first, start)
    return is_short or _PRONOUN.match(text, start, end) is not None


def _is_short(text: str, start: int, end: int) -> bool:
    return end - start < _SHORT_CHARS and is_shorter(text[start:end], _SHORT_CHARS)


def _ends_with_colon(text: str, start: int, end: int) -> bool:
    """Whether a colon stands at the end, before the space there."""
    last = text[end - 1]
    return last in _COLONS or (last.isspace() and text[start:end].rstrip().endswith(_COLONS))


def _opens(before: str, unit: str) -> bool:
    """Whether what comes before opens a list that the unit belongs to."""
    return _OPENER.match(before) is not None and is_opened(unit)


def _has_fences(text: str) -> bool:
    return ("`" in text or "~" in text) and holds_any(text, FENCE_MARKS)


def _is_fence(line: str) -> bool:
    return line.lstrip(" \t").startswith(FENCE_MARKS)
