"""JSON read with its literals: numbers stay the text they are written as, and no key stands twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

# A str, bool, None, bytes (the exact text of a number), or a list or dict of values.
Value = Any


class UnfaithfulError(ValueError):
    """The JSON says more than its value can hold: a key twice, or a constant that is no JSON."""


def literal_decoder(object_of: Callable[[list[tuple[str, Value]]], Any]) -> json.JSONDecoder:
    """A decoder that keeps numbers as the bytes they are written as, and makes objects by `object_of`."""
    return json.JSONDecoder(
        object_pairs_hook=object_of,
        parse_int=str.encode,
        parse_float=str.encode,
        parse_constant=_refused,
    )


def unique_members(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    """The members as a dict; UnfaithfulError where a key stands twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise UnfaithfulError(f"{len(pairs) - len(value)} duplicate keys")
    return value


def _refused(constant: str) -> NoReturn:
    raise UnfaithfulError(constant)
