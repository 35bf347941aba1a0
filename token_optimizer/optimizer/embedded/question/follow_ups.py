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
_POINTS_BACK = re.compile(
    r"""(?ix)
    \b(?:question|query|task|request)s?\ (?:above|before|from\ (?:above|before)|i\ (?:just\ )?asked)\b
    |\b(?:above|previous|earlier|original|initial|my\ first|my\ last)\ (?:question|query|task|request)s?\b
    |\b(?:obige|vorige|vorherige)n?\ fragen?\b|\bquestions?\ (?:ci-dessus|précédentes?)\b
    |\bpreguntas?\ (?:anterior(?:es)?|de\ arriba)\b|\bdomand[ae]\ (?:precedent[ei]|sopra)\b"""
)


def goes_on(question: str) -> bool:
    """Whether the question is short, and its words point to what was said before it."""
    return len(question) <= _MAX_CHARS and (_GOES_ON.match(question) is not None or points_back(question))


def points_back(said: str) -> bool:
    """Whether that asks to answer what was asked before: "Please answer the question above."."""
    return len(said) <= _MAX_CHARS and _POINTS_BACK.search(said) is not None
