"""What the lines of a log are worth: errors, rare patterns, what the query asks for, the beginning and end.

A line's pattern is the line with its numbers, ids and paths masked, the idea of drain (He et al., Drain: An
Online Log Parsing Approach with Fixed Depth Tree, ICWS 2017) without its tree. A pattern is a fact, so its
first lines are worth far more than its hundredth. A traceback is one passage.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from token_optimizer.models import Passage
from token_optimizer.optimizer.log_lines import asked_for, is_error_line

_MASKED = re.compile(
    r"""\x1b\[[0-9;]*m | 0x[0-9a-fA-F]+ | [0-9a-fA-F]{8,} | (?:\d+[.:/-])+\d+ | \d+
      | "[^"\n]*" | '[^'\n]*'""",
    re.VERBOSE,
)
_CONTINUED = re.compile(r"^(?:\s+\S|Caused by:|\.\.\. \d+ more|goroutine \d)")
_PATTERN_CHARS = 160
_ERROR_VALUE = 0.8
_ASKED_VALUE = 2.0
_END_VALUE = 0.5
_END_LINES = 5
_NEAR_ERROR_VALUE = 0.1
_NEAR_LINES = 2


def log_passages(text: str, query: str | None = None) -> list[Passage]:
    """The lines of the log, tracebacks whole, each with what it is worth."""
    spans = list(_line_spans(text))
    patterns = [_pattern(text[start:end]) for start, end in spans]
    count = Counter(patterns)
    asked = asked_for(query or "")
    errors = [is_error_line(text[start:end]) for start, end in spans]
    values = [
        _ERROR_VALUE * error / (1 + count[pattern]) ** 0.3
        for error, pattern in zip(errors, patterns, strict=True)
    ]
    _add_surroundings(values, errors)
    passages = []
    for index, (start, end) in enumerate(spans):
        line = text[start:end]
        value = values[index]
        if asked is not None and asked.search(line):
            value += _ASKED_VALUE
        weight = (1.5 if errors[index] else 0.5) / count[patterns[index]] ** 0.25
        passages.append(Passage(start, end, value, {f"pattern {patterns[index]}": weight}))
    return passages


def _add_surroundings(values: list[float], errors: list[bool]) -> None:
    last = len(values) - 1
    for index, error in enumerate(errors):
        if error:
            for near in range(max(0, index - _NEAR_LINES), min(last, index + _NEAR_LINES) + 1):
                values[near] += _NEAR_ERROR_VALUE
    for index in range(max(0, last - _END_LINES + 1), last + 1):
        values[index] += _END_VALUE


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    """Lines with their line ends; what continues a line goes with it."""
    start = end = 0
    for line in text.splitlines(keepends=True):
        if start != end and not (_CONTINUED.match(line) and end - start < 4000):
            yield start, end
            start = end
        end += len(line)
    if start != end:
        yield start, end


def _pattern(line: str) -> str:
    return _MASKED.sub("#", line[:_PATTERN_CHARS])
