"""The keys under which a memory finds messages that were sent before.

Each message of a request has a key: a hash over it and all before it, with the tools and the system text,
but without `cache_control`, which clients move. The hash starts from the config, the budget and a secret, so
no two keys or projects meet.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import orjson

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_of
from token_optimizer.dialects.json_text import compact_json
from token_optimizer.dialects.text_parts import CACHE_MARKS
from token_optimizer.models import Dialect

# Grows when a rule comes to give other output, so that nothing of an older release is taken for sent.
RULES_VERSION = 3
_KEY_BYTES = 20
# Opens the key of a whole request: all its messages, and what it asked for beside them.
EXACT_PREFIX = "exact-"
_CACHE_MARKS = tuple(f'"{mark}"'.encode() for mark in sorted(CACHE_MARKS))
# Every cache mark contains it: one look tells for most messages that none is there.
_IN_CACHE_MARKS = b"cache_"
# What stands in the prompt besides the conversation, in any dialect.
_AROUND = ("system", "instructions", "tools", "functions", "prompt", "previous_response_id", "conversation")


def conversation_salt(
    config: OptimizerConfig,
    budget_tokens: int | None,
    model: str,
    secret: str = "",
    *,
    reads_back: bool = False,
) -> bytes:
    """What sets one owner's conversations under one config, budget and model apart from all others, and those
    whose markers can be read back from those without."""
    own = {"budget": budget_tokens, "model": model, "secret": secret, "rules": RULES_VERSION}
    own["reads_back"] = reads_back
    fields = {**{item.name: getattr(config, item.name) for item in dataclasses.fields(config)}, **own}
    return hashlib.blake2b(json.dumps(fields, sort_keys=True, default=str).encode()).digest()


def message_keys(body: Mapping[str, Any], dialect: Dialect, salt: bytes) -> list[str]:
    """A key for every message: the hash of it and of all that stands before it."""
    chain = hashlib.blake2b(salt, digest_size=_KEY_BYTES)
    chain.update(_bytes([dialect, *(body.get(name) for name in _AROUND)]))
    keys = []
    update, hexdigest = chain.update, chain.hexdigest
    for message in conversation_of(body, dialect):
        text = _json(message)
        update(_bytes(message) if _IN_CACHE_MARKS in text else text)
        keys.append(hexdigest())
    return keys


def request_key(newest_key: str, asked: str) -> str:
    """The key of a whole request, whose newest message has this key, and of what it `asked` for beside."""
    data = f"{newest_key} {asked}".encode("utf-8", "surrogatepass")
    return EXACT_PREFIX + hashlib.blake2b(data, digest_size=_KEY_BYTES).hexdigest()


def _bytes(value: Any) -> bytes:
    """The value as JSON without cache marks; a client may move them from turn to turn."""
    text = _json(value)
    if _IN_CACHE_MARKS not in text or not any(mark in text for mark in _CACHE_MARKS):
        return text
    try:
        return _json(_unmarked(value))
    except RecursionError:
        # No prompt is so deep: its key may depend on the marks.
        return text


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Integers beyond 64 bits, lone surrogates, deep nesting.
        return compact_json(value).encode("utf-8", "surrogatepass")


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items() if key not in CACHE_MARKS}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value
