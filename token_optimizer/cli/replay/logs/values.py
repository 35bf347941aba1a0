"""Values of logs: times, and JSON that is written into JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeGuard

import orjson


def seconds(value: Any) -> float | None:
    """A time as seconds since 1970: a number, or ISO 8601; without a zone it is UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def parsed(value: Any) -> Any:
    """The value, or what the JSON in it says."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def first(row: Any, *names: str) -> Any:
    """The first of these fields that holds something."""
    if not isinstance(row, dict):
        return None
    return next((row[name] for name in names if row.get(name)), None)


def are_messages(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Whether a value is a conversation."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
