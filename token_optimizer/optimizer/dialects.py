"""Where the texts of a request body stand, in OpenAI's chat completions and Anthropic's messages.

Every part that is not listed here (images, audio, thinking, citations, server tools, whatever comes next)
has no spot, and so stays in the body as it came.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from token_optimizer.errors import PromptError
from token_optimizer.models import BlockType, Dialect, Kind, Path

_ROLE_TYPES = {
    "system": BlockType.SYSTEM,
    "developer": BlockType.DEVELOPER,
    "user": BlockType.USER,
    "assistant": BlockType.ASSISTANT,
    "tool": BlockType.TOOL,
    "function": BlockType.TOOL,
}
_ANTHROPIC_PARTS = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use"})

# What the chat format adds, after OpenAI's cookbook "How to count tokens with tiktoken".
MESSAGE_TOKENS = 4
_TOKENS_PER_NAME = 1
_TOKENS_PER_REPLY = 3


@dataclass(frozen=True, slots=True)
class Spot:
    """One text of a body. `path` is None where the text is counted but never written back.

    `message` is the index in `messages`, -1 outside of it; `pinned` texts must not become empty.
    """

    text: str
    type: BlockType
    role: str
    path: Path | None
    message: int = -1
    kind: Kind | None = None
    tool_result: bool = False
    pinned: bool = False


def detect_dialect(messages: Sequence[Any], tools: Sequence[Any] | None = None) -> Dialect:
    """Anthropic where a tool or a content part has its shape, else OpenAI."""
    if any(isinstance(tool, dict) and "input_schema" in tool for tool in tools or ()):
        return "anthropic"
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list) and any(
            isinstance(part, dict) and part.get("type") in _ANTHROPIC_PARTS for part in content
        ):
            return "anthropic"
    return "openai"


def spots_of(body: Mapping[str, Any], dialect: Dialect) -> Iterator[Spot]:
    """Every text of the body, in prompt order: system, messages, tools."""
    if dialect == "anthropic":
        yield from _content_spots(body.get("system"), ("system",), BlockType.SYSTEM, "system", -1)
    for index, message in enumerate(messages_of(body)):
        yield from _message_spots(message, index)
    for index, tool in enumerate(_list(body.get("tools"))):
        if isinstance(tool, dict):
            yield Spot(compact_json(tool), BlockType.TOOL, "tools", ("tools", index), kind=Kind.SCHEMA)


def messages_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The body's messages; PromptError says what is wrong with a body that has none."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise PromptError(f"messages must be a list, not {type(messages).__name__}")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise PromptError(f"messages[{index}] must be an object, not {type(message).__name__}")
    return messages


def framing_tokens(body: Mapping[str, Any], dialect: Dialect) -> int:
    """Tokens that the format adds around the texts: an estimate, since providers do not publish it."""
    messages = messages_of(body)
    names = sum(_TOKENS_PER_NAME for message in messages if message.get("name"))
    system = MESSAGE_TOKENS if dialect == "anthropic" and body.get("system") else 0
    return _TOKENS_PER_REPLY + MESSAGE_TOKENS * len(messages) + names + system


def compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_tool_result_only(message: Mapping[str, Any]) -> bool:
    """Whether a message of Anthropic's user role only answers tool calls, and so starts no turn."""
    content = message.get("content")
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(part, dict) and part.get("type") == "tool_result" for part in content)
    )


def _message_spots(message: Mapping[str, Any], index: int) -> Iterator[Spot]:
    role = str(message.get("role"))
    kind = _ROLE_TYPES.get(role)
    if kind is None:
        return
    result = kind is BlockType.TOOL
    path: Path = ("messages", index, "content")
    yield from _content_spots(message.get("content"), path, kind, role, index, result)
    for call in _list(message.get("tool_calls")):
        yield from _openai_call(call, role, index)


def _content_spots(
    content: Any, path: Path, kind: BlockType, role: str, message: int, tool_result: bool = False
) -> Iterator[Spot]:
    if isinstance(content, str):
        if content:
            yield Spot(content, kind, role, path, message, tool_result=tool_result)
        return
    for index, part in enumerate(_list(content)):
        if isinstance(part, dict):
            yield from _part_spots(part, (*path, index), kind, role, message, tool_result)


def _part_spots(
    part: Mapping[str, Any], path: Path, kind: BlockType, role: str, message: int, tool_result: bool
) -> Iterator[Spot]:
    match part.get("type"):
        case "text" if isinstance(part.get("text"), str) and not part.get("citations"):
            pinned = "cache_control" in part
            yield Spot(part["text"], kind, role, (*path, "text"), message, None, tool_result, pinned)
        case "tool_result":
            inner = (*path, "content")
            yield from _content_spots(part.get("content"), inner, BlockType.TOOL, role, message, True)
        case "tool_use":
            text = f"{part.get('name')}{compact_json(part.get('input'))}"
            yield Spot(text, BlockType.ASSISTANT, role, None, message, Kind.CALL)
        case "document":
            yield from _document_spots(part, path, role, message)


def _document_spots(part: Mapping[str, Any], path: Path, role: str, message: int) -> Iterator[Spot]:
    """A plain-text document, unless the answer shall cite it: citations count its characters."""
    source = part.get("source")
    cited = isinstance(part.get("citations"), dict) and part["citations"].get("enabled")
    if isinstance(source, dict) and source.get("type") == "text" and isinstance(source.get("data"), str):
        spot_path = None if cited else (*path, "source", "data")
        yield Spot(source["data"], BlockType.DOC, role, spot_path, message, Kind.DOCUMENT, pinned=True)


def _openai_call(call: Any, role: str, message: int) -> Iterator[Spot]:
    function = call.get("function") if isinstance(call, dict) else None
    if isinstance(function, dict):
        text = f"{function.get('name') or ''}{function.get('arguments') or ''}"
        yield Spot(text, BlockType.ASSISTANT, role, None, message, Kind.CALL)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
