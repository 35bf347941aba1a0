"""Rows as columns of text, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int]) -> str:
    """The rows under their head. Columns in `numbers` end at one place, all others begin at one."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(f"{_line(line, widths, numbers)}\n" for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], numbers: frozenset[int]) -> str:
    padded = (
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def number(value: int) -> str:
    """A whole number as people read it."""
    return f"{value:,}".replace("-", "\u2212")


def share_cut(before: int, after: int) -> str:
    """How much went, in percent: 0% and 100% only where that is exact."""
    if not before or before == after:
        return "0%"
    percent = 100 * (before - after) / before
    if 0 < percent < 10 or 99.5 <= percent < 100:
        return f"{min(percent, 99.9):.1f}%"
    return f"{percent:.0f}%".replace("-", "\u2212")
