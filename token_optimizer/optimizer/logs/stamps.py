"""Tells the lines of a log that begin with a time."""

from __future__ import annotations

import re

_STAMP = re.compile(
    r"""^(?:\[[^\]\n]{1,80}\]\s(?=\w)|[\w.-]{1,40}\s{0,20}\|\s)?
    [^\w\n]{0,3}(?:\w+[\s:|\])>-]{1,3}){0,3}?\W{0,3}(?:
      \d{2,4}[-/.]\d{1,2}[-/.]\d{1,4}[T\s:-]\s?\d{1,2}:?\d{2}:?\d{2}
    | (?:[A-Z][a-z]{2},?\s)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\s+\d{1,2}\s
    | \d{1,2}\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\s\d{4}\b
    | \d{2}[-.]\d{2}\s\d{2}:\d{2}:\d{2}
    | \d{1,7}\.\d{6}\]
    | \d{1,2}:\d{2}:\d{2}\b
    | \d{6}\s\d{6}\s
    | \d{10}(?:\.\d+)?\s
    | [\d.:a-f]+\s-\s\S+\s\[\d{2}/\w{3}/\d{4}
    )""",
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_WITHIN_CHARS = 80


def is_stamped(line: str) -> bool:
    """Whether the line begins with a time, as logs write it."""
    head = line[:_WITHIN_CHARS]
    return _DIGIT.search(head) is not None and _STAMP.match(head) is not None
