"""pydantic-ai's messages as those of chat completions, and what is left of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from token_optimizer.adapters.prompts import PromptOptimizer

# Of each item of a list its place in it. Providers never see it.
_ITEM = "token_optimizer_item"
# An answer is one message of chat completions, a request one for each of its parts.
_WHOLE = -1


def smaller_messages(
    optimizer: PromptOptimizer, messages: Sequence[ModelMessage], model: str
) -> list[ModelMessage]:
    """The messages with what is left of their parts; those of which nothing is left go."""
    said = [(place, *told) for place, message in enumerate(messages) for told in _said(message)]
    left: dict[int, dict[int, Any]] = defaultdict(dict)
    new: dict[int, list[ModelMessage]] = defaultdict(list)
    behind = -1
    for found in optimizer.placed([message for _, _, message in said], model):
        if found.place is None:
            new[behind].append(ModelRequest([UserPromptPart(str(found.message["content"]))]))
        else:
            behind, part, _ = said[found.place]
            left[behind][part] = found.message.get("content")
    whole = [*new[-1]]
    for place, message in enumerate(messages):
        whole += [_with_left(message, left[place]), *new[place]]
    return [message for message in whole if message.parts]


def _said(message: ModelMessage) -> Iterator[tuple[int, dict[str, Any]]]:
    """What a message says, each with the number of its part."""
    if isinstance(message, ModelResponse):
        yield _WHOLE, _answer(message)
        return
    for number, part in enumerate(message.parts):
        if isinstance(part, SystemPromptPart):
            yield number, {"role": "system", "content": part.content}
        elif isinstance(part, UserPromptPart):
            yield number, {"role": "user", "content": _items(part.content)}
        elif isinstance(part, ToolReturnPart):
            yield number, {"role": "tool", "tool_call_id": part.tool_call_id, "content": _result(part)}


def _answer(message: ModelResponse) -> dict[str, Any]:
    texts = [
        {"type": "text", "text": part.content, _ITEM: number}
        for number, part in enumerate(message.parts)
        if isinstance(part, TextPart)
    ]
    calls = [
        {
            "id": part.tool_call_id,
            "type": "function",
            "function": {"name": part.tool_name, "arguments": part.args_as_json_str()},
        }
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]
    return {"role": "assistant", "content": texts or None, **({"tool_calls": calls} if calls else {})}


def _items(content: Any) -> Any:
    """What a user said; pictures and the like as parts that have no text."""
    if isinstance(content, str):
        return content
    return [
        {"type": "text", "text": item, _ITEM: number}
        if isinstance(item, str)
        else {"type": "item", _ITEM: number}
        for number, item in enumerate(content)
    ]


def _result(part: ToolReturnPart) -> str:
    return part.content if isinstance(part.content, str) else part.model_response_str()


def _with_left(message: ModelMessage, left: Mapping[int, Any]) -> ModelMessage:
    if isinstance(message, ModelResponse):
        return replace(message, parts=_answer_parts(message, left[_WHOLE]) if left else [])
    told = {number for number, _ in _said(message)}
    return replace(
        message,
        parts=[
            _with_content(part, left[number]) if number in left else part
            for number, part in enumerate(message.parts)
            if number in left or number not in told
        ],
    )


def _answer_parts(message: ModelResponse, content: Sequence[Mapping[str, Any]] | None) -> list[Any]:
    """What is left of an answer's texts, and all else of it."""
    texts = {item[_ITEM]: item["text"] for item in content or ()}
    return [
        _with_content(part, texts[number]) if number in texts else part
        for number, part in enumerate(message.parts)
        if number in texts or not isinstance(part, TextPart)
    ]


def _with_content(part: Any, content: Any) -> Any:
    """The part with what is left of its content; the part itself where that is all of it."""
    if isinstance(part, ToolReturnPart):
        return part if content == _result(part) else replace(part, content=content)
    if isinstance(content, list):
        content = [_item(item, part.content) for item in content]
    return part if content == part.content else replace(part, content=content)


def _item(left: Mapping[str, Any], given: Sequence[Any]) -> Any:
    return left["text"] if left["type"] == "text" else given[left[_ITEM]]
