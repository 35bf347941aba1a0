"""Keywords of a schema that say nothing go, and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.heuristics import minimize_tool_schemas


def _sent(schema: dict[str, Any], **fields: Any) -> Any:
    tool = {"type": "function", "name": "moor", "parameters": schema, **fields}
    content = json.dumps(tool, separators=(",", ":"))
    [block] = minimize_tool_schemas([Block(content=content, type=BlockType.TOOL)], ["*"], "concise")
    return json.loads(block.content)["parameters"]


def _day(*required: str, **keywords: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"day": keywords}, "required": list(required)}


EMPTY = {"type": "object", "properties": {}, "required": [], "$schema": "https://json-schema.org/schema"}


def test_what_says_nothing_goes() -> None:
    assert _sent(EMPTY) == {"type": "object", "properties": {}}
    assert _sent(_day("day", type="string", default=None)) == _day("day", type="string", default=None)
    assert _sent(_day(type="string", default=None))["properties"] == {"day": {"type": "string"}}


@pytest.mark.parametrize(
    "keywords",
    [
        {"type": "string", "default": ""},
        {"type": "boolean", "default": False},
        {"type": ["string", "null"], "default": None},
        {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        {"type": "string", "enum": ["today", None], "default": None},
    ],
)
def test_a_default_that_can_be_given_stays(keywords: dict[str, Any]) -> None:
    assert _sent(_day("other", **keywords)) == _day("other", **keywords)


def test_a_strict_tool_keeps_its_keywords() -> None:
    assert _sent(EMPTY, strict=True) == EMPTY


def test_keywords_stand_in_the_order_that_takes_the_fewest_tokens() -> None:
    day = {"type": "string", "enum": ["ebb", "flood"], "description": "The day. Never guess."}
    sent = _sent(_day("day", **day, title="Day"))["properties"]["day"]
    assert list(sent.items()) == [("description", "Never guess."), ("type", "string"), ("enum", day["enum"])]
