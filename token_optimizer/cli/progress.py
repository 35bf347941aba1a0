"""How far a command is, on a terminal alone: a pipe and a file get nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_CLEAR_LINE = "\r\x1b[K"


def shown_progress(things: Iterable[T], noun: str) -> Iterator[T]:
    """The things, counted on the standard error as they are done."""
    shown = sys.stderr.isatty()
    for count, thing in enumerate(things, 1):
        yield thing
        if shown:
            sys.stderr.write(f"\r{count:,} {noun}")
            sys.stderr.flush()
    if shown:
        sys.stderr.write(_CLEAR_LINE)
