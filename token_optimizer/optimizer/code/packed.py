"""Finds the records of data that lines do not part: elements of markup, and values in brackets.

Before: "<list><item>a</item><item>b</item>...</list>", "[{'id': 1}, {'id': 2}, ...]", "(1, 'a'), (2, 'b')..."
After:  where each item, each {...} and each (...) begins and ends
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from token_optimizer.text.lines import count_chars

Span = tuple[int, int]

_MIN_RECORDS = 5
_MIN_COVERED = 0.7
_MIN_MEAN_CHARS, _MAX_MEAN_CHARS = 20, 2_000
_SAMPLE_CHARS, _MAX_CHARS_PER_MARK = 4_000, 100
_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})(?:\s[^<>]{0,400})?(?<!/)>")
# An escaped quote opens nothing: after one that never closes, each would be read on from to the end.
_MARK = re.compile(r'"(?:[^"\\\n]|\\.)*+"|\'(?:[^\'\\\n]|\\.)*+\'|[\[\]{}()]|\\.')
_MARKS = "[{(\"'"
_BETWEEN = re.compile(r"\s*,\s*[\w.]{0,60}")
# The class of a value in brackets stands before them.
_CLASS = re.compile(r"[\w.]{1,60}\Z")
_MAX_CLASS_CHARS = 60


def record_spans(text: str) -> list[Span]:
    """The records, each up to the next one; none where the text is no such data."""
    if text.lstrip().startswith("<"):
        candidates = _elements(text)
    elif _may_be_bracketed(text):
        candidates = _bracketed(text)
    else:
        return []
    fit = [spans for spans in candidates if _are_records(text, spans)]
    spans = max(fit, key=_covered, default=[])
    return [*((one[0], other[0]) for one, other in pairwise(spans)), *spans[-1:]]


def _may_be_bracketed(text: str) -> bool:
    """Whether there is a bracket or a quote for every few words: most texts are told at once from data."""
    if not any(map(text.__contains__, _MARKS)):
        return not text
    marks = count_chars(text[:_SAMPLE_CHARS], _MARKS.encode())
    return marks * _MAX_CHARS_PER_MARK >= min(len(text), _SAMPLE_CHARS)


def _are_records(text: str, spans: list[Span]) -> bool:
    if len(spans) < _MIN_RECORDS:
        return False
    covered = _covered(spans)
    is_most = covered >= _MIN_COVERED * len(text)
    return is_most and _MIN_MEAN_CHARS * len(spans) <= covered <= _MAX_MEAN_CHARS * len(spans)


def _covered(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)


def _elements(text: str) -> Iterator[list[Span]]:
    """For each name of elements those that stand side by side."""
    opened: dict[str, list[int]] = defaultdict(list)
    found: dict[str, list[Span]] = defaultdict(list)
    for match in _TAG.finditer(text):
        closing, name = match.groups()
        if not closing:
            opened[name].append(match.start())
        elif opened[name]:
            start = opened[name].pop()
            spans = found[name]
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, match.end()))
    yield from found.values()


def _bracketed(text: str) -> Iterator[list[Span]]:
    """For each depth the values in brackets that commas part."""
    starts: list[int] = []
    found: dict[int, list[Span]] = defaultdict(list)
    for match in _MARK.finditer(text):
        mark = match.group()
        if mark in "[{(":
            starts.append(match.start())
        elif mark in "]})" and starts:
            start = starts.pop()
            spans = found[len(starts)]
            is_next = bool(spans) and _BETWEEN.fullmatch(text, spans[-1][1], start) is not None
            if not is_next and len(spans) < _MIN_RECORDS:
                spans.clear()
            if is_next or not spans:
                spans.append((_with_class(text, start), match.end()))
    yield from found.values()


def _with_class(text: str, start: int) -> int:
    """Where the value begins whose bracket stands there."""
    named = _CLASS.search(text[max(0, start - _MAX_CLASS_CHARS) : start])
    return start - len(named.group()) if named else start
