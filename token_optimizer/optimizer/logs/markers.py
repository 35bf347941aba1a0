"""The marker that stands in a log where lines were left out, and what it says when it is cut again."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARKER = re.compile(
    r"\[… ([0-9,]{1,15}) lines? left out(?:; [0-9,]{1,15} more like the line above)?\]\r?\n?"
)


def marker_for(gap: Iterable[str], more_alike: int = 0) -> str:
    """A marker for the lines of the gap; markers of an earlier cut count for the lines they stand for.

    `more_alike` is how many lines were left out, wherever, that are like the one before the marker.
    """
    count = sum(map(lines_meant, gap))
    alike = f"; {more_alike:,} more like the line above" if more_alike else ""
    return f"[… {count:,} line{'s' if count != 1 else ''} left out{alike}]"


def is_marker(line: str) -> bool:
    """Whether the line stands for lines that an earlier cut left out."""
    return line.startswith("[…") and _MARKER.fullmatch(line) is not None


def lines_meant(line: str) -> int:
    """How many lines of the log as it was this line stands for."""
    marker = _MARKER.fullmatch(line) if line.startswith("[…") else None
    return int(marker.group(1).replace(",", "") or 0) if marker else 1
