"""A conversation as the body of Anthropic's messages."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from gateway.callers.routing import ProviderRoute
from gateway.translation.pivot.conversation import (
    Conversation,
    JsonFormat,
    Lifetime,
    Media,
    Part,
    RedactedThinking,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from gateway.translation.pivot.errors import Untranslatable
from gateway.translation.pivot.json import without_nones
from gateway.translation.pivot.thinking import thinking_block
from gateway.translation.providers.anthropic.thinking import effort_of, thinking_config

Json = dict[str, Any]
# Anthropic wants a number where other dialects need none.
DEFAULT_MAX_TOKENS = 8_192


def write_request(conversation: Conversation, _provider: ProviderRoute, left_out: set[str]) -> Json:
    """The body; Untranslatable for what there is no word for."""
    sampling = conversation.sampling
    for name in ("seed", "frequency_penalty", "presence_penalty"):
        if getattr(sampling, name) is not None:
            raise Untranslatable(name)
    thinking = thinking_config(conversation.model, conversation.reasoning)
    return without_nones(
        model=conversation.model,
        max_tokens=max_tokens(conversation, thinking),
        system=list(_blocks(conversation.system, left_out)) or None,
        messages=[
            {"role": message.role, "content": list(_blocks(message.parts, left_out))}
            for message in conversation.messages
        ],
        tools=[_tool(tool) for tool in conversation.tools] or None,
        tool_choice=_tool_choice(conversation),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        stop_sequences=list(conversation.stop) or None,
        thinking=thinking,
        output_config=_output_config(conversation),
        metadata={"user_id": conversation.user} if conversation.user else None,
        cache_control=_cache_control(conversation.cache_all),
        stream=conversation.stream or None,
    )


def max_tokens(conversation: Conversation, thinking: Json | None) -> int:
    """As many as were asked for; else a default, beside what is thought."""
    if conversation.max_tokens is not None:
        return conversation.max_tokens
    return DEFAULT_MAX_TOKENS + (thinking or {}).get("budget_tokens", 0)


def _output_config(conversation: Conversation) -> Json | None:
    config = without_nones(
        effort=effort_of(conversation.model, conversation.reasoning),
        format=_format(conversation.format, conversation.name_of("format")),
    )
    return config or None


def _format(format: JsonFormat | None, field: str) -> Json | None:
    if format is None:
        return None
    if format.schema is None:
        raise Untranslatable(field, "JSON without a schema cannot be asked for")
    return {"type": "json_schema", "schema": format.schema}


def _blocks(parts: Sequence[Part], left_out: set[str]) -> Iterator[Json]:
    for part in parts:
        if isinstance(part, Thinking) and (part.signature is None or part.signature.origin != "anthropic"):
            # Anthropic takes back only what it has signed.
            left_out.add("thinking")
            continue
        yield _block(part, left_out)


def _block(part: Part, left_out: set[str]) -> Json:
    match part:
        case Thinking() | RedactedThinking():
            return thinking_block(part)
        case Text():
            block: Json = {"type": "text", "text": part.text}
        case Media():
            block = _media(part)
        case ToolCall():
            block = {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}
        case ToolResult():
            block = {"type": "tool_result", "tool_use_id": part.call_id}
            block["content"] = list(_blocks(part.parts, left_out))
            block |= {"is_error": True} if part.is_error else {}
    return without_nones(**block, cache_control=_cache_control(part.cache))


def _media(media: Media) -> Json:
    if media.kind == "audio":
        raise Untranslatable(media.field, "there is no sound in messages")
    return without_nones(type=media.kind, source=_source(media), title=media.name or None)


def _source(media: Media) -> Json:
    if media.url:
        return {"type": "url", "url": media.url}
    if media.media_type.startswith("text/"):
        return {"type": "text", "media_type": "text/plain", "data": decoded_text(media)}
    if media.kind == "document" and media.media_type != "application/pdf":
        raise Untranslatable(media.field, f"{media.media_type[:60]!r} is neither a PDF nor text")
    return {"type": "base64", "media_type": media.media_type, "data": media.data}


def decoded_text(media: Media) -> str:
    """The text of a document that came in base64."""
    try:
        return base64.b64decode(media.data, validate=True).decode()
    except ValueError:
        raise Untranslatable(media.field, "it is no text in base64") from None


def _tool(tool: Tool) -> Json:
    return without_nones(
        name=tool.name,
        description=tool.description,
        input_schema=tool.schema,
        strict=tool.strict or None,
        cache_control=_cache_control(tool.cache),
    )


def _tool_choice(conversation: Conversation) -> Json | None:
    choice, parallel = conversation.tool_choice, conversation.parallel_calls
    if choice is None and (parallel or not conversation.tools):
        return None
    if choice is not None and choice.mode == "none":
        return {"type": "none"}
    single = {} if parallel else {"disable_parallel_tool_use": True}
    if choice is not None and choice.mode == "named":
        return {"type": "tool", "name": choice.name, **single}
    return {"type": choice.mode if choice else "auto", **single}


def _cache_control(lifetime: Lifetime | None) -> Json | None:
    if lifetime is None:
        return None
    return {"type": "ephemeral"} if lifetime == "5m" else {"type": "ephemeral", "ttl": lifetime}
