"""Token counts of short passages, by which rules weigh what they rewrite."""

from __future__ import annotations

from collections.abc import Sequence

import toktok

_ENCODING = "o200k_base"
# A batch takes some 30 us to begin, in which so many texts, or so many characters, are counted one by one. It
# lets other threads run meanwhile, which long texts are to.
_MAX_SINGLE_TEXTS = 32
_MAX_SINGLE_CHARS = 20_000


def token_counts(texts: list[str]) -> list[int]:
    """Tokens of each text (o200k_base): what a rewrite is weighed by, whatever the request's model."""
    try:
        return counts_by(_ENCODING, texts)
    except UnicodeEncodeError:
        return counts_by(_ENCODING, [encodable(text) for text in texts])


def counts_by(encoding: str, texts: Sequence[str], threads: int = 1) -> list[int]:
    """Tokens of each text by one of toktok's encodings, in which special tokens are text. `threads` 0 takes
    as many as there are cores. UnicodeEncodeError where a text holds a lone surrogate."""
    if len(texts) <= _MAX_SINGLE_TEXTS and sum(map(len, texts)) <= _MAX_SINGLE_CHARS:
        # All of the text is counted, whatever is left of it.
        return [toktok.truncate(text, 0, encoding)[1] for text in texts]
    return toktok.batch_count(texts, encoding, threads)


def encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, which no encoder reads."""
    return text.encode("utf-8", "replace").decode("utf-8")
