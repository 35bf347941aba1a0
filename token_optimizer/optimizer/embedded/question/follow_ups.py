"""Tells a question that goes on from the one before it, and says little without that.

Before: "What do the ferry and the tram cost?", answered; then "And what about the second one?"
After:  the second question is read with the first
"""

from __future__ import annotations

import re

# Longer questions say themselves what they are about.
_MAX_CHARS = 80
_GOES_ON = re.compile(
    r"""(?isx)\W*(?:and|but|what\ about|how\ about|und|was\ ist\ mit|et|y|och)\b
    |.*\b(?:
        (?:first|second|third|last|other|next|latter|former|same)(?:\ ones?\b|(?=\W*\Z))
        |(?:do|does|did|is|are|was|were|will|would|can)\ (?:this|that|these|those)\b
        |(?:this|that|these|those)(?=\W*\Z)
        |(?:it|its|they|them|their|he|him|his|she|her)\b
    )""",
)


def goes_on(question: str) -> bool:
    """Whether the question is short, and its words point to what was said before it."""
    return len(question) <= _MAX_CHARS and _GOES_ON.match(question) is not None
