"""The keywords of a JSON schema: which hold further schemas, and which say nothing where they stand.

Before: {"type": "object", "properties": {"day": {"type": "string", "default": null}}, "required": []}
After:  {"type": "object", "properties": {"day": {"type": "string"}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Where a JSON schema holds further schemas: one, a list of them, or a map from names to them.
HOLDS_ONE = frozenset({
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
HOLDS_LIST = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
HOLDS_MAP = frozenset({
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
})  # fmt: skip
EXAMPLES = frozenset({"example", "examples"})
# A description in front and an enum at the end take fewer tokens, and mean the same in any order.
_FIRST = "description"
_LAST = "enum"


def ordered(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its keywords in the order that takes the fewest tokens."""
    rest = {key: value for key, value in schema.items() if key not in (_FIRST, _LAST)}
    first, last = ({key: schema[key]} if key in schema else {} for key in (_FIRST, _LAST))
    return {**first, **rest, **last}


def says_nothing(key: str, schema: Mapping[str, Any], required: bool | None) -> bool:
    """Whether the keyword says no more than its absence would: the address of the schema of schemas, an empty
    list of what is required, or null as the default of a property that may be left out and cannot be null."""
    if key == "$schema":
        return True
    if key == "required":
        return schema[key] == []
    if key != "default" or schema[key] is not None or required is not False:
        return False
    kind = schema.get("type")
    return isinstance(kind, str) and kind != "null" and None not in (schema.get("enum") or [])
