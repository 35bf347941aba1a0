"""A conversation as the body of a chat completion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from gateway.callers.routing import ProviderRoute
from gateway.translation.pivot.conversation import (
    Conversation,
    JsonFormat,
    Media,
    Message,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from gateway.translation.pivot.errors import Untranslatable
from gateway.translation.pivot.json import compact, without_nones

Json = dict[str, Any]
_OPENAI_HOST = "api.openai.com"
_OPENAI_HOSTS = (_OPENAI_HOST, ".openai.com", ".openai.azure.com")
_MODES = {"auto": "auto", "any": "required", "none": "none"}
# What efforts are in tokens of thinking, as Google has published it for its own translation.
_MEDIUM_FROM_TOKENS = 4_096
_HIGH_FROM_TOKENS = 16_384


def write_request(conversation: Conversation, provider: ProviderRoute, left_out: set[str]) -> Json:
    """The body; Untranslatable for what there is no word for."""
    if conversation.sampling.top_k is not None:
        raise Untranslatable("top_k")
    sampling = conversation.sampling
    asks_for_usage = conversation.stream and provider.asks_for_stream_usage
    return without_nones(
        model=conversation.model,
        messages=list(_messages(conversation, left_out)),
        tools=[_tool(tool, left_out) for tool in conversation.tools] or None,
        tool_choice=_tool_choice(conversation.tool_choice),
        parallel_tool_calls=None if conversation.parallel_calls else False,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        frequency_penalty=sampling.frequency_penalty,
        presence_penalty=sampling.presence_penalty,
        stop=list(conversation.stop) or None,
        response_format=_format(conversation.format),
        reasoning_effort=_effort(conversation.reasoning),
        user=conversation.user,
        stream=conversation.stream or None,
        stream_options={"include_usage": True} if asks_for_usage else None,
        **{_max_tokens_name(provider): conversation.max_tokens},
    )


def _max_tokens_name(provider: ProviderRoute) -> str:
    """OpenAI has given the field a new name, which its newer models want, and other servers do not know."""
    host = urlsplit(provider.base_url).hostname or _OPENAI_HOST
    return "max_completion_tokens" if host.endswith(_OPENAI_HOSTS) else "max_tokens"


def _messages(conversation: Conversation, left_out: set[str]) -> Iterator[Json]:
    if conversation.system:
        yield {"role": "system", "content": _content(conversation.system, left_out)}
    if conversation.cache_all:
        left_out.add("cache_control")
    for message in conversation.messages:
        if message.role == "assistant":
            yield _assistant(message, left_out)
        else:
            yield from _user(message, left_out)


def _assistant(message: Message, left_out: set[str]) -> Json:
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCall)]
    said = [part for part in message.parts if isinstance(part, Text | Media)]
    if len(calls) + len(said) < len(message.parts):
        left_out.add("thinking")
    return without_nones(
        role="assistant", content=_content(said, left_out) if said else None, tool_calls=calls or None
    )


def _call(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": compact(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _user(message: Message, left_out: set[str]) -> Iterator[Json]:
    """The results of calls, a message each, and one with what the user said and the images of results."""
    said: list[Text | Media] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield _result(part, left_out)
            media = [found for found in part.parts if isinstance(found, Media)]
            said += [Text(f"[of the result of {part.call_id}]"), *media] if media else []
        elif isinstance(part, Text | Media):
            said.append(part)
    if said:
        yield {"role": "user", "content": _content(said, left_out)}


def _result(result: ToolResult, left_out: set[str]) -> Json:
    """Only texts may stand in it."""
    if result.is_error:
        left_out.add("is_error")
    texts = [part for part in result.parts if isinstance(part, Text)]
    return {"role": "tool", "tool_call_id": result.call_id, "content": _content(texts, left_out)}


def _content(parts: Sequence[Text | Media], left_out: set[str]) -> str | list[Json]:
    if any(part.cache for part in parts):
        # OpenAI's own breakpoints cost extra, and other servers do not know them.
        left_out.add("cache_control")
    if all(isinstance(part, Text) for part in parts) and len(parts) < 2:
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [{"type": "text", "text": part.text} if isinstance(part, Text) else _media(part) for part in parts]


def _media(media: Media) -> Json:
    if media.kind == "image":
        url = media.url or f"data:{media.media_type};base64,{media.data}"
        return {"type": "image_url", "image_url": without_nones(url=url, detail=media.detail or None)}
    if media.url:
        raise Untranslatable(media.field, "a document has to come with its bytes")
    if media.kind == "audio":
        sound = {"data": media.data, "format": media.media_type.removeprefix("audio/")}
        return {"type": "input_audio", "input_audio": sound}
    data = f"data:{media.media_type};base64,{media.data}"
    return {"type": "file", "file": {"filename": media.name or "document.pdf", "file_data": data}}


def _tool(tool: Tool, left_out: set[str]) -> Json:
    if tool.cache:
        left_out.add("cache_control")
    function = without_nones(
        name=tool.name, description=tool.description, parameters=tool.schema, strict=tool.strict or None
    )
    return {"type": "function", "function": function}


def _tool_choice(choice: ToolChoice | None) -> str | Json | None:
    if choice is None:
        return None
    if choice.mode == "named":
        return {"type": "function", "function": {"name": choice.name}}
    return _MODES[choice.mode]


def _format(format: JsonFormat | None) -> Json | None:
    if format is None:
        return None
    if format.schema is None:
        return {"type": "json_object"}
    schema = without_nones(
        name=format.name, description=format.description, schema=format.schema, strict=True
    )
    return {"type": "json_schema", "json_schema": schema}


def _effort(reasoning: Reasoning) -> str | None:
    if reasoning.effort or reasoning.budget_tokens is None:
        return reasoning.effort
    if reasoning.budget_tokens < _MEDIUM_FROM_TOKENS:
        return "low"
    return "medium" if reasoning.budget_tokens < _HIGH_FROM_TOKENS else "high"
