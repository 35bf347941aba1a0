"""The operations of the OpenAPI schema as the page shows them: parameters, a first body, a line of curl."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from drf_spectacular.generators import SchemaGenerator

_METHODS = ("get", "post", "put", "patch", "delete")
_MAX_DEPTH = 6
_BY_TYPE: Mapping[str, Any] = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path or of the query."""

    name: str
    place: str
    required: bool
    help: str
    choices: Sequence[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """`body` is JSON to begin with, None where none is sent; `files` are fields that take files instead."""

    id: str
    method: str
    path: str
    about: str
    parameters: Sequence[Parameter]
    body: str | None
    files: Sequence[str]

    @property
    def collection(self) -> str:
        return self.path.split("/")[2]

    @property
    def summary(self) -> str:
        return " ".join(self.about.partition("\n\n")[0].split())

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    def curl(self, origin: str) -> str:
        lines = [f"curl -X {self.method} '{origin}{self.path}'", "-H 'Authorization: Bearer mgt_…'"]
        lines += [f"-F '{name}=@file'" for name in self.files]
        if self.body is not None:
            quoted = self.body.replace("'", "'\\''")
            lines += ["-H 'Content-Type: application/json'", f"-d '{quoted}'"]
        return " \\\n  ".join(lines)


@cache
def collections() -> Mapping[str, Sequence[Operation]]:
    """The operations of each collection, in the order of the schema."""
    schema: Schema = SchemaGenerator().get_schema(request=None, public=True)
    found = sorted(_operations(schema), key=lambda operation: operation.collection)
    return {name: tuple(rows) for name, rows in groupby(found, key=lambda row: row.collection)}


def _operations(schema: Schema) -> Iterator[Operation]:
    shapes = schema["components"]["schemas"]
    for path, methods in schema["paths"].items():
        for method in _METHODS:
            if operation := methods.get(method):
                content = operation.get("requestBody", {}).get("content", {})
                sent = content.get("application/json", {}).get("schema")
                files = [] if sent else _files(content, shapes)
                yield Operation(
                    operation["operationId"],
                    method.upper(),
                    path,
                    operation.get("description", ""),
                    [_parameter(each) for each in operation.get("parameters", [])],
                    None if sent is None else _as_text(_example(sent, shapes)),
                    files,
                )


def _parameter(given: Schema) -> Parameter:
    choices = given.get("schema", {}).get("enum", ())
    required, about = bool(given.get("required")), str(given.get("description", ""))
    return Parameter(given["name"], given["in"], required, about, [str(choice) for choice in choices])


def _files(content: Schema, shapes: Schema) -> list[str]:
    """The fields of a multipart body that take files."""
    shape = _resolved(content.get("multipart/form-data", {}).get("schema", {}), shapes)
    fields = shape.get("properties", {}).items()
    return [name for name, field in fields if "binary" in json.dumps(field)]


def _example(shape: Schema, shapes: Schema, depth: int = 0) -> Any:
    """A value of that shape: defaults where there are some, else something empty."""
    shape = _resolved(shape, shapes)
    if "default" in shape:
        return shape["default"]
    if "enum" in shape:
        return shape["enum"][0]
    if depth >= _MAX_DEPTH:
        return None
    if fields := shape.get("properties"):
        return {
            name: _example(field, shapes, depth + 1)
            for name, field in fields.items()
            if not field.get("readOnly")
        }
    if "items" in shape and _resolved(shape["items"], shapes).get("properties"):
        return [_example(shape["items"], shapes, depth + 1)]
    return _BY_TYPE.get(str(shape.get("type")), "")


def _resolved(shape: Schema, shapes: Schema) -> Schema:
    """The shape itself, where it is a reference to one, or one of several."""
    for key in ("allOf", "oneOf", "anyOf"):
        if shape.get(key):
            return {**_resolved(shape[key][0], shapes), **{k: v for k, v in shape.items() if k != key}}
    if "$ref" in shape:
        return _resolved(shapes[shape["$ref"].rpartition("/")[2]], shapes)
    return shape


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
