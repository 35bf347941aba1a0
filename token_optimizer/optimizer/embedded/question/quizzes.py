"""Questions with options to choose from, as they stand below the passage of an exam.

Before: "{a passage}\\n\\n1. What is it?\\nA. A dance\\nB. A song\\n\\n2. Who found it?\\n(a) Ann\\n(b) Bo"
After:  the questions with their options are what is asked
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.embedded.question.sections import paragraphs

_MAX_CHARS = 8_000
_OPTION = r"[(\[]?[A-Ha-h][.):\]][ \t]+\S[^\n]{0,300}"
_CHOICE = re.compile(
    rf"\s*(?:[^\W\d_]{{1,12}}[ \t])?\(?\d{{1,3}}[.):][ \t]*\S[^\n]{{0,600}}"
    rf"(?:\n\s*+{_OPTION}){{2,8}}\s*"
)


def quiz_start(text: str, start: int, end: int) -> int:
    """Where the questions with options start that end the span; its end where there are none."""
    at = end
    for begin, stop in reversed(list(paragraphs(text, max(start, end - _MAX_CHARS), end))):
        if text[begin:stop].strip() and not _CHOICE.fullmatch(text, begin, stop):
            break
        at = begin
    return at if text[at:end].strip() else end
