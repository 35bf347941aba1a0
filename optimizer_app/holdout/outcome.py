"""What came of a request, as both groups are compared by: read off its body and its answer, without texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from token_optimizer.dialects.text_parts import as_list
from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.re_reads import repeats_in

_MAX_REASON_CHARS = 40
_MAX_DEPTH = 20
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
_NUMBERS = frozenset({"number", "integer"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`digest` tells the same body that is sent again; `repeated` are calls of the newest step that came
    before with the same arguments. `invalid` of the answer's `calls` do not read, or do not fit their tool's
    schema."""

    digest: int
    repeated: int = 0
    finish: str = ""
    calls: int = 0
    invalid: int = 0

    @classmethod
    def of_request(cls, raw: bytes, body: Mapping[str, Any], dialect: Dialect) -> Outcome:
        """What is known before the answer."""
        digest = hashlib.blake2b(raw, digest_size=8).digest()
        return cls(int.from_bytes(digest, "big", signed=True), repeats_in(body, dialect))

    def answered(self, answer: Mapping[str, Any], body: Mapping[str, Any], dialect: Dialect) -> Outcome:
        """With what a whole answer says."""
        schemas = dict(_schemas(body, dialect))
        calls = list(_calls(answer, dialect))
        invalid = sum(not _is_valid(call, schemas) for call in calls)
        return replace(self, finish=_finish(answer, dialect), calls=len(calls), invalid=invalid)


class ToolCall(NamedTuple):
    """A call of an answer; arguments as the provider has them, a text or a value."""

    name: object
    arguments: object


def _calls(answer: Mapping[str, Any], dialect: Dialect) -> Iterator[ToolCall]:
    if dialect == "anthropic":
        for part in _objects(answer.get("content")):
            if part.get("type") == "tool_use":
                yield ToolCall(part.get("name"), part.get("input"))
    elif dialect == "responses":
        for item in _objects(answer.get("output")):
            if item.get("type") == "function_call":
                yield ToolCall(item.get("name"), item.get("arguments"))
    else:
        for choice in _objects(answer.get("choices")):
            message = choice.get("message")
            for call in _objects(message.get("tool_calls")) if isinstance(message, Mapping) else ():
                if isinstance(function := call.get("function"), Mapping):
                    yield ToolCall(function.get("name"), function.get("arguments"))


def _finish(answer: Mapping[str, Any], dialect: Dialect) -> str:
    """Why the answer ended; cut off at its length is `length` in all dialects."""
    if dialect == "anthropic":
        reason = answer.get("stop_reason")
    elif dialect == "responses":
        details = answer.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, Mapping) else answer.get("status")
    else:
        reason = next((choice.get("finish_reason") for choice in _objects(answer.get("choices"))), None)
    if reason in ("max_tokens", "max_output_tokens"):
        return "length"
    return reason[:_MAX_REASON_CHARS] if isinstance(reason, str) else ""


def _schemas(body: Mapping[str, Any], dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """The schema of each tool that has one, by its name."""
    for tool in _objects(body.get("tools")):
        function = tool.get("function") if dialect == "openai" else tool
        if isinstance(function, Mapping) and isinstance(name := function.get("name"), str):
            schema = function.get("input_schema" if dialect == "anthropic" else "parameters")
            if isinstance(schema, Mapping):
                yield name, schema


def _is_valid(call: ToolCall, schemas: Mapping[str, Any]) -> bool:
    """Whether the arguments read, and have the types, fields and values that the schema asks for. Patterns
    and references are not looked at: a schema is anybody's."""
    arguments = call.arguments
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            return False
    schema = schemas.get(call.name) if isinstance(call.name, str) else None
    return isinstance(arguments, Mapping) and (schema is None or _fits(arguments, schema))


def _fits(value: Any, schema: Any, depth: int = 0) -> bool:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return True
    if not _has_type(value, schema.get("type")):
        return False
    if isinstance(allowed := schema.get("enum"), list) and value not in allowed:
        return False
    if isinstance(value, Mapping):
        fields = schema.get("properties")
        fields = fields if isinstance(fields, Mapping) else {}
        has_all = all(name in value for name in as_list(schema.get("required")) if isinstance(name, str))
        return has_all and all(_fits(item, fields.get(name), depth + 1) for name, item in value.items())
    if isinstance(value, list):
        return all(_fits(item, schema.get("items"), depth + 1) for item in value)
    return True


def _has_type(value: Any, asked: Any) -> bool:
    names = [name for name in (asked if isinstance(asked, list) else [asked]) if name in _TYPES]
    if isinstance(value, bool):
        return not names or "boolean" in names
    if isinstance(value, float) and value.is_integer() and _NUMBERS & set(names):
        return True
    return not names or any(isinstance(value, _TYPES[name]) for name in names)


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (item for item in as_list(value) if isinstance(item, Mapping))
