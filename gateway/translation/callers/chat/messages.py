"""The messages of a chat completion, read: the system's texts apart, tool results within the user's turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.translation.callers.arguments import parsed_arguments
from gateway.translation.callers.cache_marks import cache_mark
from gateway.translation.callers.media import file_at, media_at
from gateway.translation.callers.system import only_texts
from gateway.translation.pivot.conversation import (
    Media,
    Message,
    Part,
    Text,
    ToolCall,
    ToolResult,
    merged,
)
from gateway.translation.pivot.fields import Fields
from gateway.translation.pivot.thinking import thinking_of

_SYSTEM = frozenset({"system", "developer"})


def conversation_in(fields: Fields) -> tuple[Sequence[Text], Sequence[Message]]:
    """What the system and the developer say, and the turns of user and assistant."""
    system: list[Text] = []
    messages: list[Message] = []
    for message in fields.objects("messages"):
        role = message.required_text("role")
        message.leave_out("name")
        if role in _SYSTEM:
            system += only_texts(message, _content(message))
        elif role == "user":
            messages.append(Message("user", list(_content(message))))
        elif role == "tool":
            messages.append(Message("user", [_tool_result(message)]))
        elif role == "assistant":
            messages.append(Message("assistant", list(_assistant(message))))
        else:
            raise message.refused("role", f"there is no role {role[:20]!r}")
        message.close()
    return system, merged(messages)


def _assistant(message: Fields) -> Iterator[Part]:
    yield from _thinking(message)
    yield from _content(message)
    if refusal := message.text("refusal"):
        yield Text(refusal)
    for call in message.objects("tool_calls"):
        yield _call(call)
    message.leave_out("annotations")


def _thinking(message: Fields) -> Iterator[Part]:
    """What an earlier answer had as `thinking_blocks`; a text alone is taken back by no provider."""
    blocks = message.objects("thinking_blocks")
    for block in blocks:
        block.take("index")
        yield thinking_of(block.required_text("type"), block)
    if blocks:
        message.take("reasoning_content")
    message.leave_out("reasoning_content", "reasoning")


def _call(call: Fields) -> ToolCall:
    function = call.inner("function")
    if call.text("type") not in (None, "function") or function is None:
        raise call.refused("type", "only functions are translated")
    call.take("index")
    name, arguments = function.required_text("name"), function.text("arguments") or ""
    return ToolCall(call.required_text("id"), name, parsed_arguments(arguments, function.path("arguments")))


def _tool_result(message: Fields) -> ToolResult:
    parts = [part for part in _content(message) if isinstance(part, Text | Media)]
    return ToolResult(message.required_text("tool_call_id"), parts, cache=cache_mark(message))


def _content(message: Fields) -> Iterator[Text | Media]:
    content = message.take("content")
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    holder = Fields({"content": content}, message.place, message.left_out)
    for part in holder.objects("content"):
        yield from _part(part)


def _part(part: Fields) -> Iterator[Text | Media]:
    kind, cache = part.required_text("type"), cache_mark(part)
    if kind == "text":
        if text := part.required_text("text"):
            yield Text(text, cache)
    elif kind == "refusal":
        yield Text(part.required_text("refusal"))
    elif kind == "image_url":
        yield _image(part)
    elif kind == "input_audio":
        yield _audio(part)
    elif kind == "file":
        yield _file(part)
    else:
        raise part.refused("type", f"there is no word for {kind[:40]!r}")
    part.close()


def _image(part: Fields) -> Media:
    image = part.inner("image_url")
    if image is None:
        raise part.refused("image_url")
    detail = image.text("detail") or ""
    return media_at(image.required_text("url"), "image", image.path("url"), detail=detail)


def _audio(part: Fields) -> Media:
    audio = part.inner("input_audio")
    if audio is None:
        raise part.refused("input_audio")
    media_type = f"audio/{audio.required_text('format')}"
    return Media("audio", media_type, audio.path("data"), data=audio.required_text("data"))


def _file(part: Fields) -> Media:
    file = part.inner("file")
    if file is None:
        raise part.refused("file")
    if file.text("file_id"):
        raise file.refused("file_id", "the file lies at another provider")
    return file_at(file.required_text("file_data"), file.path("file_data"), file.text("filename") or "")
