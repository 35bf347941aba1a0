"""Token counts: exact for OpenAI's models, an estimate for those without a public tokenizer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import tiktoken
import toktok

from token_optimizer.models import Dialect
from token_optimizer.optimizer.dialects import framing_tokens, spots_of
from token_optimizer.seen_texts import SeenTexts, key_of

DEFAULT_ENCODING = "o200k_base"
_COUNTED_EXACTLY = frozenset({"o200k_base", "cl100k_base"})
_OPENAI_MODEL = re.compile(r"(?:ft:)?(?:gpt-|chatgpt-|o\d|text-embedding-|davinci|codex)")
# Below this many characters a thread costs more than it brings.
_THREADED_CHARS = 200_000
# Shorter texts are counted faster than they are looked up.
_REMEMBERED_CHARS = 256
_COUNTS: SeenTexts[int] = SeenTexts(50_000)


@lru_cache(maxsize=1024)
def encoding_name(model: str) -> str:
    """The encoding that counts for the model; the newest one where the model is not known."""
    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return DEFAULT_ENCODING
    if name == "o200k_harmony":
        return DEFAULT_ENCODING
    return name if name in _COUNTED_EXACTLY else "cl100k_base"


@lru_cache(maxsize=1024)
def is_estimate(model: str) -> bool:
    """Whether counts for the model are estimates: Claude has no public tokenizer, and others differ."""
    return _OPENAI_MODEL.match(model) is None


def count_tokens(text: str, model: str) -> int:
    """Tokens of a text for the model."""
    return count_texts([text], model)[0]


def count_texts(texts: Sequence[str], model: str) -> list[int]:
    """Tokens of each text for the model, in order; special tokens count as the text they are."""
    encoding = encoding_name(model)
    keys = [key_of(text, encoding) if len(text) >= _REMEMBERED_CHARS else None for text in texts]
    known = [_COUNTS.get(key) if key is not None else None for key in keys]
    counts = iter(
        _counted([text for text, count in zip(texts, known, strict=True) if count is None], encoding)
    )
    found = []
    for key, count in zip(keys, known, strict=True):
        tokens = next(counts) if count is None else count
        if key is not None and count is None:
            _COUNTS.put(key, tokens)
        found.append(tokens)
    return found


def _counted(texts: list[str], encoding: str) -> list[int]:
    threads = 0 if sum(map(len, texts)) > _THREADED_CHARS else 1
    try:
        return toktok.batch_count(texts, encoding, threads=threads)
    except UnicodeEncodeError:
        # A lone surrogate is sent as the replacement character.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        return toktok.batch_count(readable, encoding, threads=threads)


def count_body(body: Mapping[str, Any], dialect: Dialect, model: str) -> int:
    """Tokens of a whole request: system text, messages with their framing, tool calls and tools."""
    texts = [spot.text for spot in spots_of(body, dialect)]
    return sum(count_texts(texts, model)) + framing_tokens(body, dialect)
