"""Token counts: exact for OpenAI's models and those with a tokenizer in use, else an estimate.

What the chat format adds is known for OpenAI's models alone; for all others it is reckoned the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import tiktoken

from token_optimizer.dialects.bodies import framing_tokens, text_parts_of
from token_optimizer.models import Dialect
from token_optimizer.text.cache import TextCache, keys_of
from token_optimizer.tokens.media import count_media
from token_optimizer.tokens.openai_counts import openai_counts
from token_optimizer.tokens.tokenizers import ModelTokenizer, tokenizer_of

DEFAULT_ENCODING = "o200k_base"
_COUNTED_EXACTLY = frozenset({"o200k_base", "cl100k_base"})
_OPENAI_MODEL = re.compile(r"(?:ft:)?(?:gpt-|chatgpt-|o\d|text-embedding-|davinci|codex)")
# Below this many characters threads bring less than a millisecond or two, and on a busy machine they wait.
_THREADED_CHARS = 2_000_000
# Shorter texts are counted as fast as they are looked up, or faster: a tokenizer takes them with others in
# one call, which begins in some 25 microseconds, and toktok reads 300 characters in a microsecond.
_REMEMBERED_CHARS = 64
_REMEMBERED_CHARS_OF_OPENAI = 256
_COUNTS: TextCache[int] = TextCache(50_000)
_LOADED: set[str] = set()


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


def is_estimate(model: str) -> bool:
    """Whether counts for the model are estimates: Claude has no public tokenizer, and others differ."""
    return tokenizer_of(model) is None and not _is_openai(model)


@lru_cache(maxsize=1024)
def _is_openai(model: str) -> bool:
    return _OPENAI_MODEL.match(model) is not None


def load_counts(model: str) -> None:
    """Read what counting for the model needs, where no text was counted so far: it takes a second."""
    encoding = counter_name(model)
    if encoding not in _LOADED:
        count_texts([""], model)
        _LOADED.add(encoding)


def counter_name(model: str) -> str:
    """What counts for the model: an encoding, or a tokenizer in use."""
    tokenizer = tokenizer_of(model)
    return encoding_name(model) if tokenizer is None else tokenizer.name


def count_tokens(text: str, model: str) -> int:
    """Tokens of a text for the model."""
    return count_texts([text], model)[0]


def count_texts(texts: Sequence[str], model: str) -> list[int]:
    """Tokens of each text for the model, in order; special tokens count as the text they are."""
    if not texts:
        return []
    tokenizer = tokenizer_of(model)
    encoding = encoding_name(model) if tokenizer is None else tokenizer.name
    least_chars = _REMEMBERED_CHARS_OF_OPENAI if tokenizer is None else _REMEMBERED_CHARS
    long = [at for at, text in enumerate(texts) if len(text) >= least_chars]
    keys = keys_of([texts[at] for at in long], encoding)
    looked_up = zip(long, _COUNTS.get_many(keys), strict=True)
    known = {at: count for at, count in looked_up if count is not None}
    if known:
        counts = iter(
            _counted([text for at, text in enumerate(texts) if at not in known], encoding, tokenizer)
        )
        all_counts = [known[at] if at in known else next(counts) for at in range(len(texts))]
    else:
        all_counts = _counted(list(texts), encoding, tokenizer)
    _COUNTS.put_many((key, all_counts[at]) for at, key in zip(long, keys, strict=True) if at not in known)
    return all_counts


def _counted(texts: list[str], encoding: str, tokenizer: ModelTokenizer | None) -> list[int]:
    if not texts:
        return []
    threads = 0 if sum(map(len, texts)) > _THREADED_CHARS else 1
    count: Callable[[list[str]], list[int]] = (
        partial(openai_counts, encoding=encoding, threads=threads) if tokenizer is None else tokenizer.count
    )
    try:
        return count(texts)
    except (UnicodeEncodeError, TypeError):
        # A lone surrogate, which no tokenizer reads, is sent as the replacement character.
        return count([text.encode("utf-8", "replace").decode() for text in texts])


def count_body(body: Mapping[str, Any], dialect: Dialect, model: str) -> int:
    """Tokens of a whole request: system text, messages with their framing and media, tool calls and tools."""
    parts = list(text_parts_of(body, dialect))
    media = sum(count_media(part.media, model, dialect).tokens for part in parts if part.media is not None)
    texts = [part.text for part in parts]
    return sum(count_texts(texts, model)) + media + framing_tokens(body, dialect)
