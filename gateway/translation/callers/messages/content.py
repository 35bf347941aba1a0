"""The blocks of Anthropic's messages, read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from gateway.translation.callers.cache_marks import cache_mark
from gateway.translation.callers.media import media_type_of
from gateway.translation.callers.system import only_texts
from gateway.translation.pivot.conversation import (
    Lifetime,
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


def conversation_in(fields: Fields) -> tuple[Sequence[Text], Sequence[Message]]:
    """What the system says, wherever it stands, and the turns of user and assistant."""
    system = list(only_texts(fields, _blocks(fields, "system")))
    messages: list[Message] = []
    for message in fields.objects("messages"):
        role, blocks = message.required_text("role"), _blocks(message, "content")
        if role == "system":
            system += only_texts(message, blocks)
        elif role == "user":
            messages.append(Message("user", list(blocks)))
        elif role == "assistant":
            messages.append(Message("assistant", list(blocks)))
        else:
            raise message.refused("role", f"there is no role {role[:20]!r}")
        message.close()
    return system, merged(messages)


def _blocks(holder: Fields, name: str) -> Iterator[Part]:
    """The parts of a content, which is a text or a list of blocks."""
    content = holder.take(name)
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    for block in Fields({name: content}, holder.place, holder.left_out).objects(name):
        yield from _block(block)


def _block(block: Fields) -> Iterator[Part]:
    match block.take("type"):
        case "text":
            block.leave_out("citations")
            text, cache = block.required_text("text"), cache_mark(block)
            yield from [Text(text, cache)] if text else []
        case "image":
            block.leave_out("transformations")
            yield _image(block)
        case "document":
            yield from _document(block)
        case "thinking" | "redacted_thinking" as kind:
            yield thinking_of(kind, block)
        case "tool_use":
            yield _call(block)
        case "tool_result":
            yield _tool_result(block)
        case kind:
            raise block.refused("type", f"there is no word for {str(kind)[:40]!r}")
    block.close()


def _call(block: Fields) -> ToolCall:
    block.ignore_defaults({"caller": ({"type": "direct"},)})
    arguments = block.mapping("input") or {}
    return ToolCall(block.required_text("id"), block.required_text("name"), arguments, cache_mark(block))


def _tool_result(block: Fields) -> ToolResult:
    call_id, is_error = block.required_text("tool_use_id"), block.flag("is_error") is True
    cache = cache_mark(block)
    parts = [part for part in _blocks(block, "content") if isinstance(part, Text | Media)]
    return ToolResult(call_id, parts, is_error, cache)


def _source(block: Fields) -> tuple[Fields, str]:
    """Where an image or a document lies, and in which way it is given."""
    source = block.inner("source")
    if source is None:
        raise block.refused("source")
    return source, source.required_text("type")


def _image(block: Fields) -> Media:
    source, given = _source(block)
    return _media(source, given, "image", "", cache_mark(block))


def _media(
    source: Fields, given: str, kind: Literal["image", "document"], name: str, cache: Lifetime | None
) -> Media:
    """An image or a document, in base64 or by its address."""
    if given == "base64":
        media_type = source.required_text("media_type")
        found = Media(
            kind, media_type, source.path("data"), source.required_text("data"), name=name, cache=cache
        )
    elif given == "url":
        url = source.required_text("url")
        media_type = "application/pdf" if kind == "document" else media_type_of(url)
        found = Media(kind, media_type, source.path("url"), url=url, name=name, cache=cache)
    else:
        raise source.refused("type", "the file lies at another provider")
    source.close()
    return found


def _document(block: Fields) -> Iterator[Part]:
    """A document: what it has as text is a text, its title and its context before it."""
    block.ignore_defaults({"citations": ({"enabled": False},)})
    title, context, cache = block.text("title") or "", block.text("context"), cache_mark(block)
    source, given = _source(block)
    if context:
        yield Text(context)
    if given == "text":
        source.leave_out("media_type")
        yield Text("\n".join(filter(None, (title, source.required_text("data")))), cache)
    elif given == "content":
        yield from [Text(title)] if title else []
        *parts, last = _blocks(source, "content")
        yield from parts
        yield replace(last, cache=cache) if isinstance(last, Text | Media) else last
    else:
        yield _media(source, given, "document", title, cache)
    source.close()
