"""Blocks as values: a changed one has all fields of the one that it was made from."""

from __future__ import annotations

from copy import copy
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from token_optimizer.models import Block, BlockType, Kind, Marker, Origin
from token_optimizer.models.blocks import Wrapper

# Each field with a value that it does not have by itself.
_VALUES: dict[str, Any] = {
    "content": "a [… 1 line left out]",
    "type": BlockType.TOOL,
    "id": "b7",
    "must_keep": True,
    "priority": 0.25,
    "tokens": 9,
    "timestamp": datetime(2026, 5, 4, tzinfo=UTC),
    "metadata": {"a": 1},
    "compressed": True,
    "embedding": (0.5,),
    "original_content": "a b",
    "utility": 0.75,
    "kind": Kind.LOG,
    "verbatim": True,
    "tool_result": True,
    "turn": 3,
    "slot": 4,
    "frozen": True,
    "note": "cut",
    "message": 5,
    "place": 6,
    "origin": Origin.MARKER,
    "markers": (Marker(2, 21, "cut", "line", 1),),
    "exact": True,
    "wrapper": Wrapper(before="<a>"),
}


def test_copy_has_every_field():
    block = Block(**_VALUES)
    assert {item.name: getattr(copy(block), item.name) for item in fields(Block)} == _VALUES


@pytest.mark.parametrize("name", _VALUES)
def test_but_changes_the_field_alone(name):
    plain = Block("text", id="b0", timestamp=datetime(2026, 1, 1, tzinfo=UTC))
    changed = plain.but(**{name: _VALUES[name]})
    assert changed == replace(plain, **{name: _VALUES[name]})
    assert plain == Block("text", id="b0", timestamp=datetime(2026, 1, 1, tzinfo=UTC))
