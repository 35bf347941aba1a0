"""Objects of JSON, as requests and answers are written with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def without_nones(**fields: Any) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def compact(value: Mapping[str, Any]) -> str:
    """The object as a text of JSON."""
    return orjson.dumps(value).decode()


def mapping(value: object) -> Mapping[str, Any]:
    """The object, or an empty one where it is something else."""
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    """The string, or an empty one where it is something else."""
    return value if isinstance(value, str) else ""


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is something else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def count(value: object) -> int:
    """A number of tokens; 0 where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
