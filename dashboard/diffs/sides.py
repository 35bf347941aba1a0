"""Two texts side by side as HTML: what went is struck on the left, what came is marked on the right.

Lines are aligned first, then the words of lines that changed. Long stretches without a change are folded.
Control characters that would hide or turn text around are shown by their code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard.diffs.align import Stretch, aligned

# Lines shown at both ends of a stretch without a change, and how many more are worth a fold.
SHOWN_LINES = 3
MIN_FOLDED_LINES = 4
# A row has no more lines, so that browsers lay out what is in sight and leave the rest.
MAX_ROW_LINES = 200
_WORDS = re.compile(r"\w+|\n|[^\S\n]+|[^\w\s]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of both texts."""

    before: SafeString
    after: SafeString
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows without a change that are folded away, of so many lines."""

    rows: Sequence[Row]
    lines: int


def side_by_side(before: str, after: str) -> list[Row | Fold]:
    """The rows of two texts."""
    stretches = aligned(_lines(before), _lines(after))
    last = len(stretches) - 1
    return [
        row
        for at, stretch in enumerate(stretches)
        for row in _rows(stretch, is_first=at == 0, is_last=at == last)
    ]


def _lines(text: str) -> list[str]:
    """Lines with their ends, so that joined they give the text again."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _rows(stretch: Stretch, *, is_first: bool, is_last: bool) -> Iterable[Row | Fold]:
    if not stretch.same:
        yield from _changed_rows(stretch)
        return
    lines = stretch.before
    start, end = (0 if is_first else SHOWN_LINES), len(lines) - (0 if is_last else SHOWN_LINES)
    if is_first and is_last:
        start, end = SHOWN_LINES, len(lines)
    if end - start < MIN_FOLDED_LINES:
        yield from _same(lines)
        return
    yield from _same(lines[:start])
    yield Fold(tuple(_same(lines[start:end])), end - start)
    yield from _same(lines[end:])


def _same(lines: Sequence[str]) -> Iterable[Row]:
    for part in _parts(lines):
        html = _visible("".join(part))
        yield Row(html, html)


def _parts(lines: Sequence[str]) -> Iterable[Sequence[str]]:
    return (lines[at : at + MAX_ROW_LINES] for at in range(0, len(lines), MAX_ROW_LINES))


def _changed_rows(stretch: Stretch) -> Iterable[Row]:
    """One row, as words are aligned over all of it; several where nothing stands on the other side."""
    if stretch.before and stretch.after:
        yield _changed("".join(stretch.before), "".join(stretch.after))
        return
    for part in _parts(stretch.before):
        yield _changed("".join(part), "")
    for part in _parts(stretch.after):
        yield _changed("", "".join(part))


def _changed(before: str, after: str) -> Row:
    words = aligned(_WORDS.findall(before), _WORDS.findall(after))
    left = ((part.same, part.before) for part in words)
    right = ((part.same, part.after) for part in words)
    return Row(_marked(left, "del"), _marked(right, "ins"), changed=True)


def _marked(parts: Iterable[tuple[bool, Sequence[str]]], tag: str) -> SafeString:
    pieces = (("".join(words), same) for same, words in parts if words)
    html = (_visible(text) if same else f"<{tag}>{_visible(text)}</{tag}>" for text, same in pieces)
    # Every piece was escaped.
    return mark_safe("".join(html))  # noqa: S308


def _visible(text: str) -> SafeString:
    """The text escaped, with its control characters as codes."""
    return mark_safe(_CONTROLS.sub(_code, str(escape(text))))  # noqa: S308


def _code(control: re.Match[str]) -> str:
    return f'<span class="ctl">U+{ord(control[0]):04X}</span>'
