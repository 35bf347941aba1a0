"""Tells JSON in which a program wrote down what people said: [{"speaker": "Ana", "text": "..."}, ...]."""

from __future__ import annotations

import re

from token_optimizer.text.cache import remembered
from token_optimizer.text.lines import are_at_least

_SPEAKER = re.compile(r'"speaker(?:_?(?:name|label|id))?"\s*:', re.IGNORECASE)
_AUTHOR = re.compile(
    r'"(?:author|from|sender|user|name|participant|who)(?:_?name)?"\s*:\s*"[^"\n]{1,60}"', re.IGNORECASE
)
# What is said has some words, apart from each other.
_SAID = re.compile(
    r'"(?:text|message|body|content|utterance|said|says)"\s*:\s*"(?:[^"\\\s]{0,40}+\s+){3}(?:[^"\\]|\\.)*+"',
    re.IGNORECASE,
)
_MIN_SPOKEN = 6
_SAID_SHARE = 0.4
_SAMPLE_CHARS = 20_000
_MAX_TEXTS = 2_000


# Where a text is taken apart, where it is cut by default, and where it is over a budget this is asked anew.
@remembered(_MAX_TEXTS)
def is_spoken(text: str) -> bool:
    """Whether rows of the JSON name who speaks."""
    return are_at_least(_SPEAKER.finditer(text), _MIN_SPOKEN)


@remembered(_MAX_TEXTS)
def is_said_in_turn(text: str) -> bool:
    """Whether the JSON is mostly what people said or wrote, each text with who did, under whatever names."""
    if is_spoken(text):
        return True
    sample = text[:_SAMPLE_CHARS]
    said = [len(match.group()) for match in _SAID.finditer(sample)]
    authors = sum(1 for _ in _AUTHOR.finditer(sample))
    return min(len(said), authors) >= _MIN_SPOKEN and sum(said) >= _SAID_SHARE * len(sample)
