"""The page with every field of every event, from the JSON Schema of the package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from token_optimizer.telemetry.events import event_schema

Schema = Mapping[str, Any]
_HEAD = ("| Field | Type | Always there | Meaning |", "| --- | --- | --- | --- |")
_INTRODUCTION = (
    "Written from the [JSON Schema](../events.schema.json) of the package. When each event is sent, and how"
    " it travels, is in [telemetry](../telemetry.md)."
)


def events_page() -> str:
    """The fields of all events, and those of each type."""
    schema = event_schema()
    types = schema["properties"]["event_type"]["enum"]
    own = {rule["if"]["properties"]["event_type"]["const"]: rule["then"] for rule in schema["allOf"]}
    lines = ["# Events, field by field", "", _INTRODUCTION, "", "## All events", "", *_HEAD]
    lines += _rows(schema, schema)
    for name in types:
        lines += ["", f"## {name}", ""]
        lines += [*_HEAD, *_rows(own[name], schema)] if name in own else ["Nothing beside the fields of all."]
    return "\n".join([*lines, ""])


def _rows(shape: Schema, schema: Schema, above: str = "") -> Iterator[str]:
    required = shape.get("required", ())
    for name, given in shape.get("properties", {}).items():
        field = _resolved(given, schema)
        always = "yes" if name in required else ""
        yield f"| `{above}{name}` | {_type(field)} | {always} | {field.get('description', '')} |"
        inner, mark = (_resolved(field["items"], schema), "[]") if "items" in field else (field, "")
        yield from _rows(inner, schema, f"{above}{name}{mark}.")


def _resolved(shape: Schema, schema: Schema) -> Schema:
    if "$ref" in shape:
        return schema["$defs"][shape["$ref"].rpartition("/")[2]]
    return shape


def _type(field: Schema) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return "one of the types below" if len(field["enum"]) > 4 else ", ".join(map(str, field["enum"]))
    given = field.get("type", "any")
    name = given if isinstance(given, str) else " or ".join(given)
    return f"{name}, {field['format']}" if "format" in field else name
