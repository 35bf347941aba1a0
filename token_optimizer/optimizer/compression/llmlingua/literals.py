"""What of a text a compressor of words must leave as it is: a changed literal is a wrong one.

Protected are code (fenced, in backticks, indented), tables, tags and templates, addresses, quoted strings,
numbers and dates, identifiers and paths, negations, and whole sentences with directives.

Before: 'On 3 May 2024 we really did set "max size" in <conf> to 1 250 000, they say.'
After:  protected are '3 May 2024', '"max size"', '<conf>' and '1 250 000,'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from token_optimizer.models import Marker
from token_optimizer.optimizer.compression.faithfulness.critical_units import (
    has_directive,
    identifiers,
    is_negation,
)
from token_optimizer.text.sentences import sentence_spans

Span = tuple[int, int]

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
# Each is bounded, so that none takes time with the square of the text.
_LITERAL = re.compile(
    "|".join(
        [
            r"(?P<fence>^[ \t]*(?P<mark>```|~~~)[^\n]*\n(?:.*\n)*?[ \t]*(?P=mark)[^\n]*$)",
            r"(?P<open_fence>^[ \t]*(?:```|~~~)[^\n]*(?:\n.*)*)",
            r"^(?: {4}|\t)[^\n]+",  # indented code
            r"^[ \t]*\|[^\n]*",  # a row of a table
            r"``[^\n]{1,400}?``|`[^`\n]{1,400}`",
            r"<\|[^|<>\n]{0,60}\|>|</?[A-Za-z!?][^<>\n]{0,200}>|\[/?[A-Z][A-Z0-9_ ]{0,30}\]",
            r"\{\{[^{}\n]{0,200}\}\}|[$%]\{[^{}\n]{0,200}\}|%\([^()\n]{0,60}\)[a-z]",
            r'"[^"\n]{1,300}"|“[^”\n]{1,300}”|«[^»\n]{1,300}»|(?<![\w])\'[^\'\n]{1,200}\'(?!\w)',
            rf"\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?:,? \d{{4}})?",
            rf"\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?",
            r"(?<!\d)\d{1,3}(?:[  ]\d{3})+(?!\d)",  # thousands apart
        ]
    ),
    re.MULTILINE,
)
_DIGIT = re.compile(r"\d")


def protected_spans(text: str, markers: Sequence[Marker] = ()) -> list[Span]:
    """Where markers and the literals of several words stand, in order and apart from each other."""
    literals = (match.span() for match in _LITERAL.finditer(text))
    marked = ((marker.start, marker.end) for marker in markers)
    found = sorted([*literals, *marked, *_directive_spans(text)])
    merged: list[Span] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def is_literal(word: str) -> bool:
    """Whether a word by itself must stay: it has a digit, is an identifier or an address, or negates."""
    if _DIGIT.search(word) or "://" in word or "@" in word or is_negation(word):
        return True
    return any(True for _ in identifiers(word))


def _directive_spans(text: str) -> Iterator[Span]:
    at = 0
    for line in text.split("\n"):
        if has_directive(line):
            for start, end in sentence_spans(line):
                if has_directive(line[start:end]):
                    yield at + start, at + end
        at += len(line) + 1
