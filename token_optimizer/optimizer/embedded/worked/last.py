"""Tells what is asked behind the last of many parts from it, by the paragraphs that others have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

BLANK = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)*")


def start_behind_last(text: str, start: int, parts: Iterable[str]) -> int | None:
    """Where that starts which the last part, from `start` on, has more than any other of the parts; None
    where it has nothing more."""
    most = max((len(BLANK.findall(part.strip())) for part in parts), default=0)
    blank = next(islice(BLANK.finditer(text, start), most, None), None)
    return blank.end() if blank is not None and text[blank.end() :].strip() else None
