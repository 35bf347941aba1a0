"""The arguments of a call: OpenAI has them as a text of JSON, everybody else as an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.errors import BadRequest


def parsed_arguments(text: str, field: str) -> Mapping[str, Any]:
    """The object that a text of JSON stands for; no text stands for no arguments."""
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise BadRequest(f"{field} must be the JSON of an object", param=field)
    return value
