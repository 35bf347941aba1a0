"""Finds the definitions of tables in SQL, and the rows in comments that show what such a table holds.

Before: "CREATE TABLE guests (\n  id INT,\n  town TEXT\n);\n\n/*\n3 rows from guests table:\n...\n*/\n"
After:  where the definition begins and ends, and where the comment does
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

_OPENS = re.compile(
    r"^[ \t]*CREATE[ \t](?:\w+[ \t]){0,4}?TABLE\b[^\n(;]{0,200}\([ \t]*$", re.MULTILINE | re.IGNORECASE
)
_NAMES = ("CREATE", "create", "Create")
_CLOSES = re.compile(r"\n[ \t]*\)[^\n]{0,200}(?:\n[ \t]*)*")
_COMMENT = re.compile(r"[ \t]*/\*[ \t]*\n")
_COMMENT_CLOSES = re.compile(r"\n[ \t]*\*/[ \t]*(?:\n[ \t]*)*")
_MAX_CHARS = 4_000


def begins_table(text: str) -> bool:
    """Whether the text begins with the definition of a table."""
    return _OPENS.match(text) is not None


def table_definitions(text: str, start: int = 0) -> Iterator[Span]:
    """The definitions from `start` on, and the comments right behind them, each with the space behind it."""
    if not any(map(text.__contains__, _NAMES)):
        return
    for opening in _OPENS.finditer(text, start):
        closing = _CLOSES.search(text, opening.end(), opening.end() + _MAX_CHARS)
        if opening.start() < start or closing is None:
            continue
        yield opening.start(), closing.end()
        start = closing.end()
        ending = (
            _COMMENT_CLOSES.search(text, start, start + _MAX_CHARS) if _COMMENT.match(text, start) else None
        )
        if ending is not None:
            yield start, ending.end()
            start = ending.end()
