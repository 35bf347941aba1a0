"""Where the texts of a request body stand: OpenAI's chat completions and responses, Anthropic's messages.

Every part that is not listed here or in `text_parts.py` (images, audio, whatever comes next) has no text that
may be written, and so stays in the body as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from token_optimizer.dialects.json_text import compact_json, remembered_json
from token_optimizer.dialects.response_items import (
    OUTPUT_OF,
    OUTPUTS,
    STANDING,
    item_parts,
    item_type,
)
from token_optimizer.dialects.text_parts import Place, TextPart, as_list, call_text, content_parts
from token_optimizer.errors import PromptError
from token_optimizer.models import BlockType, Dialect, Kind

ROLE_TYPES = {
    "system": BlockType.SYSTEM,
    "developer": BlockType.DEVELOPER,
    "user": BlockType.USER,
    "assistant": BlockType.ASSISTANT,
    "tool": BlockType.TOOL,
    "function": BlockType.TOOL,
}
_ANTHROPIC_PARTS = frozenset({
    "tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use", "mcp_tool_use",
    "mcp_tool_result", "document", "search_result", "image", "container_upload", "web_search_tool_result",
    "web_fetch_tool_result", "code_execution_tool_result", "compaction",
})  # fmt: skip
_RESPONSES_PARTS = frozenset({"input_text", "output_text", "input_image", "input_file"})
_RESPONSES_ITEMS = frozenset(OUTPUT_OF) | OUTPUTS | STANDING | {"reasoning", "message", "item_reference"}

# What the chat format adds, after OpenAI's cookbook "How to count tokens with tiktoken".
MESSAGE_TOKENS = 4
_TOKENS_PER_NAME = 1
_TOKENS_PER_REPLY = 3


def detect_dialect(messages: Sequence[Any], tools: Sequence[Any] | None = None) -> Dialect:
    """Anthropic or responses where a tool, an item or a content part has its shape, else OpenAI."""
    if any(isinstance(tool, dict) and "input_schema" in tool for tool in tools or ()):
        return "anthropic"
    for message in messages:
        if not isinstance(message, dict):
            continue
        if _is_one_of(message, _RESPONSES_ITEMS):
            return "responses"
        for part in as_list(message.get("content")):
            if _is_one_of(part, _ANTHROPIC_PARTS):
                return "anthropic"
            if _is_one_of(part, _RESPONSES_PARTS):
                return "responses"
    return "openai"


def conversation_key(dialect: Dialect) -> str:
    """The field of the body that holds the conversation."""
    return "input" if dialect == "responses" else "messages"


def has_answers(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether the conversation of the body holds answers of a model."""
    return any(
        message.get("role") == "assistant" or item_type(message) in OUTPUT_OF
        for message in conversation_of(body, dialect)
    )


def conversation_of(body: Mapping[str, Any], dialect: Dialect) -> list[dict[str, Any]]:
    """The body's messages, or items; PromptError says what is wrong with a body that has none.

    The Responses API also takes a text, which is one message, and goes without where a stored prompt or
    an earlier response holds all there is.
    """
    key, messages = conversation_key(dialect), messages_of(body, dialect)
    if not isinstance(messages, list):
        raise PromptError(f"{key} must be a list, not {type(messages).__name__}")
    if set(map(type, messages)) != {dict} and not all(isinstance(message, dict) for message in messages):
        at, wrong = next(item for item in enumerate(messages) if not isinstance(item[1], dict))
        raise PromptError(f"{key}[{at}] must be an object, not {type(wrong).__name__}")
    return messages


def messages_of(body: Mapping[str, Any], dialect: Dialect) -> list[dict[str, Any]]:
    """The same of a body whose conversation was looked at before: to look at each message takes as long as
    much of what is done with a later turn."""
    messages: Any = body.get(conversation_key(dialect))
    if dialect == "responses" and (messages is None or isinstance(messages, str)):
        return [{"role": "user", "content": messages}] if messages else []
    return cast(list[dict[str, Any]], messages)


def text_parts_of(
    body: Mapping[str, Any], dialect: Dialect, *, first_message: int = 0, with_tools: bool = True
) -> Iterator[TextPart]:
    """Every text of the body, in prompt order: system, conversation, tools. Each message has one at least.

    From a later `first_message` on, those before it and the system text are left out.
    """
    if not first_message:
        yield from _system_parts(body, dialect)
    for index, message in enumerate(conversation_of(body, dialect)[first_message:], first_message):
        if dialect != "responses" and (plain := _plain_part(message, index)) is not None:
            yield plain
            continue
        silent = True
        for text_part in text_parts_of_message(body, dialect, message, index):
            silent = False
            yield text_part
        if silent:
            # Where its turn goes, it goes along.
            role = role_of(message)
            yield TextPart("", ROLE_TYPES.get(role, BlockType.USER), role, None, index, Kind.OPAQUE)
    if with_tools:
        yield from _tool_parts(body)


def framing_tokens(body: Mapping[str, Any], dialect: Dialect) -> int:
    """Tokens that the format adds around the texts: an estimate, since providers do not publish it."""
    said = messages_of(body, dialect)
    names = sum([message_framing_tokens(one) - MESSAGE_TOKENS for one in said if "name" in one])
    messages = MESSAGE_TOKENS * len(said) + names
    apart = {"anthropic": "system", "responses": "instructions"}.get(dialect)
    system = MESSAGE_TOKENS if apart and body.get(apart) else 0
    return _TOKENS_PER_REPLY + messages + system


def message_framing_tokens(message: Mapping[str, Any]) -> int:
    """Tokens that the format adds around one message."""
    named = "name" in message and message["name"] and "role" in message
    return MESSAGE_TOKENS + _TOKENS_PER_NAME if named else MESSAGE_TOKENS


def role_of(message: Mapping[str, Any]) -> str:
    role = message.get("role")
    return role if isinstance(role, str) else ""


def starts_turn(message: Mapping[str, Any]) -> bool:
    """Whether the user opens a turn with it: what carries tool results goes on with the turn of the calls."""
    return role_of(message) == "user" and not carries_tool_results(message)


def stands_apart(message: Mapping[str, Any]) -> bool:
    """Whether a message belongs to no turn: instructions, and items that stand for the whole conversation."""
    if role_of(message) in ("system", "developer"):
        return True
    return "role" not in message and _is_one_of(message, STANDING)


def speaks(message: Mapping[str, Any]) -> bool:
    """Whether a message is the user's and says something besides answering tool calls."""
    return role_of(message) == "user" and not is_tool_result_only(message)


def is_tool_result_only(message: Mapping[str, Any]) -> bool:
    """Whether a message of Anthropic's user role only answers tool calls."""
    content = message.get("content")
    return isinstance(content, list) and bool(content) and all(map(_is_tool_result, content))


def carries_tool_results(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(map(_is_tool_result, content))


def _is_tool_result(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_result"


def _is_one_of(holder: Any, types: frozenset[str]) -> bool:
    kind = holder.get("type") if isinstance(holder, dict) else None
    return isinstance(kind, str) and kind in types


def _system_parts(body: Mapping[str, Any], dialect: Dialect) -> Iterator[TextPart]:
    """System text that stands apart from the conversation."""
    if dialect == "anthropic":
        yield from content_parts(body.get("system"), Place(("system",), BlockType.SYSTEM, "system"))
    if dialect == "responses":
        place = Place(("instructions",), BlockType.SYSTEM, "system")
        yield from content_parts(body.get("instructions"), place)


def text_parts_of_message(
    body: Mapping[str, Any], dialect: Dialect, message: Mapping[str, Any], index: int
) -> Iterator[TextPart]:
    """The texts of one message, whose number is `index`."""
    if dialect != "responses":
        return _message_parts(message, Place(("messages", index), BlockType.USER, role_of(message), index))
    if isinstance(body.get("input"), str):
        return iter([Place(("input",), BlockType.USER, "user", index).text_part(body["input"])])
    if item_type(message) == "message":
        return _message_parts(message, Place(("input", index), BlockType.USER, role_of(message), index))
    return item_parts(message, index)


def _message_parts(message: Mapping[str, Any], place: Place) -> Iterator[TextPart]:
    kind = ROLE_TYPES.get(place.role)
    for name in ("name", "refusal"):
        if name in message and message[name] and isinstance(message[name], str):
            yield place.of(kind or BlockType.USER).counted(message[name])
    inner = Place(
        (*place.path, "content"), kind or BlockType.USER, place.role, place.message, kind is BlockType.TOOL
    )
    content = content_parts(message.get("content"), inner)
    # Who speaks in a role that we do not know may not be rewritten.
    yield from content if kind else (place.counted(text_part.text) for text_part in content)
    if "tool_calls" in message or "function_call" in message:
        for call in (message.get("function_call"), *as_list(message.get("tool_calls"))):
            if text := _chat_call_text(call):
                yield place.of(BlockType.ASSISTANT).counted(text, Kind.CALL)


def _plain_part(message: Mapping[str, Any], index: int) -> TextPart | None:
    """The text of a message that has a role, a text and nothing else, as most have; None for all others."""
    content = message.get("content")
    role = role_of(message)
    kind = ROLE_TYPES.get(role)
    if len(message) != 2 or kind is None or not content or not isinstance(content, str):
        return None
    path = ("messages", index, "content")
    return TextPart(content, kind, role, path, index, None, kind is BlockType.TOOL)


def _chat_call_text(call: Any) -> str:
    """Name and arguments of a function call, or of a custom tool's."""
    if not isinstance(call, dict):
        return ""
    inner = call.get("function", call.get("custom", call))
    return call_text(inner, ("name", "arguments", "input")) if isinstance(inner, dict) else ""


def _tool_parts(body: Mapping[str, Any]) -> Iterator[TextPart]:
    for index, tool in enumerate(as_list(body.get("tools"))):
        if isinstance(tool, dict):
            # What JSON has no form for, or no parser reads, is only counted.
            text, is_plain = remembered_json(tool)
            path = ("tools", index) if is_plain else None
            yield TextPart(text, BlockType.TOOL, "tools", path, kind=Kind.SCHEMA)
    for function in as_list(body.get("functions")):
        if isinstance(function, dict):
            yield TextPart(compact_json(function), BlockType.TOOL, "tools", None, kind=Kind.OPAQUE)
