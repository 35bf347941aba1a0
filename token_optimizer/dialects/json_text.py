"""Values of a request body as short JSON text, however deep they are nested."""

from __future__ import annotations

import json
import marshal
from dataclasses import dataclass
from typing import Any

from token_optimizer.errors import PromptError
from token_optimizer.text.cache import TextCache, key_of

_KNOWN: TextCache[tuple[str, bool]] = TextCache(5_000, max_chars=12_000_000)


@dataclass(frozen=True, slots=True)
class _Written:
    """JSON text that is done."""

    text: str


def compact_json(value: Any) -> str:
    """The value as JSON without spaces; what JSON has no form for is written as Python shows it.

    Raises PromptError where the value contains itself.
    """
    try:
        return _short(value)
    except RecursionError:
        return _deep_json(value)
    except ValueError as error:
        raise PromptError("a part of the request contains itself") from error


def remembered_json(value: Any) -> tuple[str, bool]:
    """What `compact_json` and `is_plain_json` say of a value that comes again, as definitions of tools do."""
    try:
        # In this version equal values have equal bytes, and values of different types never have.
        data = marshal.dumps(value, 2)
    except ValueError:
        return compact_json(value), is_plain_json(value)
    key = key_of(data, "json")
    known = _KNOWN.get(key)
    if known is None:
        known = compact_json(value), is_plain_json(value)
        _KNOWN.put(key, known)
    return known


def is_plain_json(value: Any) -> bool:
    """Whether the value comes back the same from its JSON text, and is no deeper than a parser takes."""
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_shown)


def _shown(value: Any) -> str:
    return f"<{type(value).__name__}>"


def _deep_json(value: Any) -> str:
    """The same with a list in the place of the call stack."""
    parts: list[str] = []
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, _Written):
            parts.append(item.text)
        elif isinstance(item, dict):
            todo.extend(reversed(_object_pieces(item)))
        elif isinstance(item, list | tuple):
            todo.extend(reversed(_array_pieces(item)))
        else:
            parts.append(_short(item))
    return "".join(parts)


def _object_pieces(item: dict[Any, Any]) -> list[Any]:
    pieces: list[Any] = [_Written("{")]
    for number, (key, value) in enumerate(item.items()):
        comma = "," if number else ""
        pieces += [_Written(f"{comma}{_short(str(key))}:"), value]
    return [*pieces, _Written("}")]


def _array_pieces(item: list[Any] | tuple[Any, ...]) -> list[Any]:
    pieces: list[Any] = [_Written("[")]
    for number, value in enumerate(item):
        pieces += [_Written(","), value] if number else [value]
    return [*pieces, _Written("]")]
