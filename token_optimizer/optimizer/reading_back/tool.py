"""The tool `read_back`, by which a model reads what was left out of its prompt.

It is the same on every turn of a conversation, stands behind the client's own tools, and is answered by
whoever sends the prompt, never by the client.

Before: {"tools": [{"type": "function", "function": {"name": "search", ...}}]}
After:  the same with {"type": "function", "function": {"name": "read_back", ...}} behind it
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.json_text import compact_json
from token_optimizer.dialects.text_parts import as_list
from token_optimizer.models import Dialect

NAME = "read_back"
# A model that is not told takes a marker for a damaged file, and reads again what is complete.
_DESCRIPTION = (
    "Reads what was left out of this conversation to save room. Where text was left out stands a marker such "
    "as [… 120 lines left out #482193]: no text is damaged or truncated at its source, and what has no "
    "marker is complete. Call this only for what you need."
)
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "what": {
            "type": "string",
            "description": "The number in a marker, as 482193, or words to find in all that was left out",
        }
    },
    "required": ["what"],
    "additionalProperties": False,
}
_FUNCTION = {"name": NAME, "description": _DESCRIPTION, "parameters": _SCHEMA}
_TOOLS: dict[Dialect, dict[str, Any]] = {
    "openai": {"type": "function", "function": _FUNCTION},
    "anthropic": {"name": NAME, "description": _DESCRIPTION, "input_schema": _SCHEMA},
    "responses": {"type": "function", **_FUNCTION, "strict": True},
}


_JSON = {dialect: orjson.dumps(tool) for dialect, tool in _TOOLS.items()}


def tool_of(dialect: Dialect) -> dict[str, Any]:
    """The tool as a request of this dialect holds it."""
    tool: dict[str, Any] = orjson.loads(_JSON[dialect])
    return tool


@cache
def text_of_tool(dialect: Dialect) -> str:
    """The tool as it is counted."""
    return compact_json(_TOOLS[dialect])


def with_tool(body: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The body with the tool once, behind all others."""
    return {**body, "tools": [*_other_tools(body), tool_of(dialect)]}


def without_tool(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body without the tool; the very same where it has none."""
    others = _other_tools(body)
    if len(others) == len(as_list(body.get("tools"))):
        return body
    left = {name: value for name, value in body.items() if name != "tools"}
    return {**left, "tools": others} if others else left


def _other_tools(body: Mapping[str, Any]) -> list[Any]:
    return [tool for tool in as_list(body.get("tools")) if _name_of(tool) != NAME]


def is_call(call: Any, dialect: Dialect) -> bool:
    """Whether a call in an answer, or in a conversation, is one of this tool."""
    if not isinstance(call, Mapping):
        return False
    if dialect == "openai":
        function = call.get("function")
        return isinstance(function, Mapping) and function.get("name") == NAME
    kind = "tool_use" if dialect == "anthropic" else "function_call"
    return call.get("type") == kind and call.get("name") == NAME


def reads_back(
    body: Mapping[str, Any], dialect: Dialect, config: OptimizerConfig, *, is_answered: bool
) -> bool:
    """Whether the request gets the tool; `is_answered` says that its sender answers the calls.

    Only what stays the same over a conversation decides, as tools open the prefix that providers cache.
    """
    if config.read_back == "never" or _is_taken(body, dialect):
        return False
    if is_answered:
        has_tools = bool(as_list(body.get("tools")))
        return (has_tools or config.read_back == "always") and _goes_on_as_one(body, dialect)
    return config.read_back == "always"


def _is_taken(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether the client has a tool of this name, or calls functions in the older way, which takes no tools
    beside it."""
    named = (tool for tool in as_list(body.get("tools")) if _name_of(tool) == NAME)
    return bool(body.get("functions")) or any(tool != _TOOLS[dialect] for tool in named)


def _goes_on_as_one(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether two answers can be passed on as one: each of several choices would go on apart, and an answer
    that the provider stores is named by its id later, which stands for the last part alone."""
    if dialect == "responses":
        return body.get("store") is False
    return dialect == "anthropic" or body.get("n") in (None, 1)


def _name_of(tool: Any) -> Any:
    # Nearly all are dicts, which is known in a tenth of the time.
    if not isinstance(tool, (dict, Mapping)):
        return None
    inner = tool.get("function", tool.get("custom", tool))
    return inner.get("name") if isinstance(inner, (dict, Mapping)) else None
