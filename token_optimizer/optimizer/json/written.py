"""Writes values whose numbers are the text that they were read as."""

from __future__ import annotations

import json
from collections.abc import Iterator

from token_optimizer.optimizer.json.literals import Value


def compact(value: Value) -> str:
    """The value as JSON without whitespace."""
    return "".join(_pieces(value))


def leaf(value: Value) -> str:
    """A str, bool, None, or the bytes of a number as JSON."""
    return value.decode() if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)


def _pieces(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for number, (key, held) in enumerate(value.items()):
            yield f"{',' if number else ''}{leaf(key)}:"
            yield from _pieces(held)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, held in enumerate(value):
            yield from [","] if number else []
            yield from _pieces(held)
        yield "]"
    else:
        yield leaf(value)
