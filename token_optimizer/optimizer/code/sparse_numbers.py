"""Leaves every fifth number before the lines that a tool numbered, and those at both ends of lines in a row.

Where a definition or a section begins its number stays, and no line is farther than two from one. Before
arrows only the first number of a text has the spaces that set it in a column. Behind their numbers the lines
stay to the byte, and what is gone can be written again: `with_all_numbers` does it.

Before: "8→def size(self):\\n9→    return self._size\\n10→\\n11→def clear(self):\\n12→    self._size = 0"
After:  "8→def size(self):\\n    return self._size\\n10→\\n11→def clear(self):\\n12→    self._size = 0"
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Sequence

from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.text.line_numbers import fully_numbered, may_be_numbered, sparsely_numbered
from token_optimizer.text.lines import line_starts, lines_of

Renumber = Callable[[Sequence[str], Container[int]], list[str]]


def with_sparse_numbers(text: MarkedText) -> MarkedText:
    """The text with the numbers that say where its lines stand, and without those between them."""
    return _renumbered(text, sparsely_numbered)


def with_all_numbers(text: MarkedText) -> MarkedText:
    """The text as it was before `with_sparse_numbers`."""
    return _renumbered(text, fully_numbered)


def _renumbered(text: MarkedText, renumber: Renumber) -> MarkedText:
    if not may_be_numbered(text.text):
        return text
    lines = lines_of(text.text)
    starts = line_starts(lines)
    marked = {bisect_right(starts, marker.start) - 1 for marker in text.markers}
    numbered = renumber(lines, marked)
    if numbered == lines:
        return text
    if not text.markers:
        return MarkedText("".join(numbered))
    return joined(
        text.part(starts[at], starts[at + 1]) if at in marked else line for at, line in enumerate(numbered)
    )
