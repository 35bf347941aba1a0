"""Single values of a JSON body replaced in its text: all other bytes stay as they came."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import orjson

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]', re.DOTALL)
_OF_MESSAGES = 3

Keys = Sequence[bytes]


def with_model_named(raw: bytes, model: str) -> bytes:
    """The body under another model's name; as it is where it names none."""
    named = orjson.dumps(model)
    return _edited(raw, lambda keys, _: named if keys == (b'"model"',) else None)


def with_system_roles(raw: bytes) -> bytes:
    """The body with its developer messages as system messages."""
    if b"developer" not in raw:
        return raw
    return _edited(raw, _system_for_developer)


def _system_for_developer(keys: Keys, value: bytes) -> bytes | None:
    of_message = len(keys) == _OF_MESSAGES and keys[0] in (b'"messages"', b'"input"') and not keys[1]
    return b'"system"' if of_message and keys[2] == b'"role"' and value == b'"developer"' else None


def _edited(raw: bytes, replacement: Callable[[Keys, bytes], bytes | None]) -> bytes:
    pieces, end = [], 0
    for keys, start, stop in _string_values(raw):
        new = replacement(keys, raw[start:stop])
        if new is not None:
            pieces += [raw[end:start], new]
            end = stop
    return b"".join([*pieces, raw[end:]]) if pieces else raw


def _string_values(raw: bytes) -> Iterator[tuple[Keys, int, int]]:
    """The strings that are no keys, as far up as messages have their fields: where each stands, by the keys
    that lead to it (empty for a list), and its bytes."""
    keys: list[bytes] = []
    is_object: list[bool] = []
    expects_key = False
    for token in _TOKEN.finditer(raw):
        first = raw[token.start()]
        if first == ord('"'):
            if expects_key:
                keys[-1] = _plain(token[0])
            elif len(keys) <= _OF_MESSAGES:
                yield tuple(keys), token.start(), token.end()
        elif first in b"{[":
            expects_key = first == ord("{")
            is_object.append(expects_key)
            keys.append(b"")
        elif first in b"}]":
            expects_key = False
            if not keys:
                return
            keys.pop()
            is_object.pop()
        else:
            expects_key = first == ord(",") and bool(is_object) and is_object[-1]


def _plain(key: bytes) -> bytes:
    """The key without escapes that it did not need."""
    if b"\\" not in key:
        return key
    try:
        return orjson.dumps(orjson.loads(key))
    except orjson.JSONDecodeError:
        return key
