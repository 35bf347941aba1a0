"""Token counts of short passages, by which rules weigh what they rewrite."""

from __future__ import annotations

import toktok

_ENCODING = "o200k_base"


def token_counts(texts: list[str]) -> list[int]:
    """Tokens of each text (o200k_base): what a rewrite is weighed by, whatever the request's model."""
    try:
        return toktok.batch_count(texts, _ENCODING, threads=1)
    except UnicodeEncodeError:
        return toktok.batch_count([encodable(text) for text in texts], _ENCODING, threads=1)


def encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, which no encoder reads."""
    return text.encode("utf-8", "replace").decode("utf-8")
