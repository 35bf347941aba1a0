"""JSON texts of what comes again and again."""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from typing import Any

from token_optimizer.dialects.json_text import compact_json, is_plain_json, remembered_json
from token_optimizer.text.cache import forget_texts


class Colour(StrEnum):
    RED = "red"


def _deep(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


VALUES = [
    {"a": 1},
    {"a": True},
    {"a": 1.0},
    {"a": "1"},
    {"a": None},
    {1: "a"},
    {"1": "a"},
    {"a": math.nan},
    {"a": date(2026, 3, 1)},
    {"a": "2026-03-01"},
    {"a": Colour.RED},
    {"a": "red"},
    {"a": {1}},
    {"a": b"b"},
    {"a": (1,)},
    {"a": [1]},
    {"a": 2**70},
    {"a": "\ud800"},
    {"b": 1, "a": 2},
    {"a": 2, "b": 1},
    {"a": _deep(3_000)},
]


def test_values_are_told_apart_and_remembered_as_they_are_written() -> None:
    forget_texts()
    for _ in range(2):
        for value in VALUES:
            assert remembered_json(value) == (compact_json(value), is_plain_json(value))
