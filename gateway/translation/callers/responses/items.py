"""The items of a request to OpenAI's Responses API, read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.translation.callers.arguments import parsed_arguments
from gateway.translation.callers.cache_marks import cache_mark
from gateway.translation.callers.media import file_at, media_at
from gateway.translation.callers.system import only_texts
from gateway.translation.pivot.conversation import (
    Media,
    Message,
    RedactedThinking,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    merged,
)
from gateway.translation.pivot.fields import Fields
from gateway.translation.pivot.signatures import signature_of

# Marks what Anthropic encrypted, among what is `encrypted_content` here.
REDACTED = "redacted:"
_SYSTEM = frozenset({"system", "developer"})


def conversation_in(fields: Fields) -> tuple[Sequence[Text], Sequence[Message]]:
    """The instructions, and the turns of user and assistant."""
    instructions = fields.text("instructions")
    system = [Text(instructions)] if instructions else []
    given = fields.take("input")
    if isinstance(given, str):
        return system, [Message("user", [Text(given)])]
    messages: list[Message] = []
    for item in Fields({"input": given}, "", fields.left_out).objects("input"):
        kind = item.text("type") or "message"
        item.take("id")
        item.take("status")
        if kind != "message":
            messages.append(_item(kind, item))
        elif (role := item.required_text("role")) in _SYSTEM:
            system += only_texts(item, _content(item, "content"))
        else:
            messages.append(_message(role, item))
        item.close()
    return system, merged(messages)


def _message(role: str, item: Fields) -> Message:
    parts = list(_content(item, "content"))
    item.leave_out("phase")
    if role == "user":
        return Message("user", parts)
    if role == "assistant":
        return Message("assistant", parts)
    raise item.refused("role", f"there is no role {role[:20]!r}")


def _item(kind: str, item: Fields) -> Message:
    if kind == "function_call":
        arguments = parsed_arguments(item.text("arguments") or "", item.path("arguments"))
        return Message(
            "assistant", [ToolCall(item.required_text("call_id"), item.required_text("name"), arguments)]
        )
    if kind == "function_call_output":
        return Message("user", [ToolResult(item.required_text("call_id"), list(_content(item, "output")))])
    if kind == "reasoning":
        return Message("assistant", [_reasoning(item)])
    raise item.refused("type", f"there is no word for {kind[:40]!r}")


def _reasoning(item: Fields) -> Thinking | RedactedThinking:
    summary = [part.text("text") or "" for part in item.objects("summary")]
    item.leave_out("content")
    encrypted = item.text("encrypted_content") or ""
    if encrypted.startswith(REDACTED):
        return RedactedThinking(encrypted.removeprefix(REDACTED))
    return Thinking("\n\n".join(summary), signature_of(encrypted, "openai"))


def _content(item: Fields, name: str) -> Iterator[Text | Media]:
    content = item.take(name)
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    for part in Fields({name: content}, item.place, item.left_out).objects(name):
        yield from _part(part)
        part.close()


def _part(part: Fields) -> Iterator[Text | Media]:
    kind, cache = part.required_text("type"), cache_mark(part)
    if kind in ("input_text", "output_text"):
        part.leave_out("annotations", "logprobs")
        if text := part.required_text("text"):
            yield Text(text, cache)
    elif kind == "refusal":
        yield Text(part.required_text("refusal"))
    elif kind == "input_image":
        part.ignore_defaults({"detail": ("auto",)})
        if part.text("file_id"):
            raise part.refused("file_id", "the file lies at another provider")
        detail, url = part.text("detail") or "", part.required_text("image_url")
        yield media_at(url, "image", part.path("image_url"), detail=detail, cache=cache)
    elif kind == "input_file":
        yield _file(part)
    else:
        raise part.refused("type", f"there is no word for {kind[:40]!r}")


def _file(part: Fields) -> Media:
    if part.text("file_id"):
        raise part.refused("file_id", "the file lies at another provider")
    part.leave_out("detail")
    name, url = part.text("filename") or "", part.text("file_url")
    if url:
        return file_at(url, part.path("file_url"), name)
    return file_at(part.required_text("file_data"), part.path("file_data"), name)
