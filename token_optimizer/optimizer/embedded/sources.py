"""Finds a source or settings that were pasted as they are, between what is said before and behind them.

Before: "This is our spec:\\n\\nopenapi: 3.0.3\\n{26,000 characters}\\n\\nWhat is the limit of trips?"
After:  where "openapi: 3.0.3" starts, and where the 26,000 characters end
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice, takewhile

from token_optimizer.optimizer.embedded.lines import is_source, may_be_said, reads_as_prose
from token_optimizer.text.lines import line_starts, lines_of

_MIN_CHARS = 1_200
# More is hardly said before a source, nor behind it.
_MAX_SAID_LINES = 20
_STATEMENT_END = re.compile(r"[{};,(\[\\]\s*\Z")


def source_span(text: str) -> tuple[int, int] | None:
    """Where the source stands; None where the rest of the text is none, too."""
    if len(text) < _MIN_CHARS:
        return None
    lines = lines_of(text)
    starts = line_starts(lines)
    first = _said(lines)
    last = len(lines) - _said(reversed(lines[first:]))
    begin, end = starts[first], starts[last]
    inside = text[begin:end]
    is_whole = end - begin >= _MIN_CHARS and is_source(inside) and not reads_as_prose(inside)
    return (begin, end) if is_whole else None


def _said(lines: Iterable[str]) -> int:
    """How many of the lines are said, or empty, up to the first that is not. Where more of them could be said
    than hardly anybody says, these are the first paragraph, or a question in one line."""
    said = list(takewhile(_is_said, islice(lines, _MAX_SAID_LINES + 1)))
    if len(said) <= _MAX_SAID_LINES:
        return len(said)
    blank = next((at for at, line in enumerate(said) if at and not line.strip()), None)
    return int(said[0].rstrip().endswith("?")) if blank is None else blank + 1


def _is_said(line: str) -> bool:
    is_deep = line[:1].isspace()
    return not line.strip() or (may_be_said(line) and not is_deep and _STATEMENT_END.search(line) is None)
