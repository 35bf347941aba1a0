"""A part of a request as the bytes by which providers tell whether they have seen it: without cache marks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson

from token_optimizer.dialects.json_text import compact_json
from token_optimizer.dialects.text_parts import CACHE_MARKS

_CACHE_MARKS = tuple(f'"{mark}"'.encode() for mark in sorted(CACHE_MARKS))
# Every cache mark contains it: one look tells for most messages that none is there.
_IN_CACHE_MARKS = b"cache_"
_DUMPS = partial(orjson.dumps, option=orjson.OPT_NON_STR_KEYS)


def unmarked_json(value: Any) -> bytes:
    """The value as JSON without cache marks; a client may move them from turn to turn."""
    return unmarked(value, as_json(value))


def unmarked(value: Any, text: bytes) -> bytes:
    """The JSON of the value, which is this `text` with its cache marks, without them."""
    if _IN_CACHE_MARKS not in text or not any(mark in text for mark in _CACHE_MARKS):
        return text
    try:
        return as_json(_unmarked(value))
    except RecursionError:
        # No prompt is so deep: its bytes may depend on the marks.
        return text


def as_json(value: Any) -> bytes:
    """The value as JSON, with whatever stands in it."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Integers beyond 64 bits, lone surrogates, deep nesting.
        return compact_json(value).encode("utf-8", "surrogatepass")


def json_of_each(values: Sequence[Any]) -> list[bytes]:
    """Each of the values as JSON."""
    try:
        return list(map(_DUMPS, values))
    except TypeError:
        return list(map(as_json, values))


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items() if key not in CACHE_MARKS}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value
