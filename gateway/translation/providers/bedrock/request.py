"""A conversation as the body of Bedrock's `Converse`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

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
from gateway.translation.pivot.json import compact, without_nones
from gateway.translation.providers.anthropic.thinking import effort_of, thinking_config
from gateway.translation.providers.bedrock.media import DocumentNames, media_block

Json = dict[str, Any]


def path(conversation: Conversation) -> str:
    """Where requests for the model go."""
    method = "converse-stream" if conversation.stream else "converse"
    return f"/model/{quote(conversation.model, safe='')}/{method}"


def write_request(conversation: Conversation, _provider: ProviderRoute, left_out: set[str]) -> Json:
    """The body; Untranslatable for what there is no word for."""
    sampling = conversation.sampling
    for name in ("seed", "frequency_penalty", "presence_penalty"):
        if getattr(sampling, name) is not None:
            raise Untranslatable(name)
    if not conversation.parallel_calls:
        raise Untranslatable(conversation.name_of("parallel_calls"), "calls at once cannot be ruled out")
    if conversation.user:
        left_out.add(conversation.name_of("user"))
    inference = without_nones(
        maxTokens=conversation.max_tokens,
        temperature=sampling.temperature,
        topP=sampling.top_p,
        stopSequences=list(conversation.stop) or None,
    )
    return without_nones(
        system=list(_blocks(conversation.system, DocumentNames(), left_out)) or None,
        messages=_messages(conversation, left_out),
        inferenceConfig=inference or None,
        toolConfig=_tool_config(conversation),
        outputConfig=_output_config(conversation) or None,
        additionalModelRequestFields=_model_fields(conversation) or None,
    )


def _messages(conversation: Conversation, left_out: set[str]) -> list[Json]:
    names = DocumentNames()
    messages: list[Json] = [
        {"role": message.role, "content": list(_blocks(message.parts, names, left_out))}
        for message in conversation.messages
    ]
    if conversation.cache_all and messages:
        messages[-1]["content"] += _cache_point(conversation.cache_all)
    return messages


def _blocks(parts: Sequence[Part], names: DocumentNames, left_out: set[str]) -> Iterator[Json]:
    """The blocks, each with the mark of the cache behind it."""
    for part in parts:
        if isinstance(part, RedactedThinking):
            yield {"reasoningContent": {"redactedContent": part.data}}
        elif isinstance(part, Thinking):
            yield from _reasoning(part, left_out)
        else:
            yield _block(part, names)
            yield from _cache_point(part.cache)


def _reasoning(part: Thinking, left_out: set[str]) -> Iterator[Json]:
    """Models take back only what they have signed; Claude's signatures are the same everywhere."""
    if part.signature is None or part.signature.origin != "anthropic":
        left_out.add("thinking")
        return
    yield {"reasoningContent": {"reasoningText": {"text": part.text, "signature": part.signature.value}}}


def _block(part: Text | Media | ToolCall | ToolResult, names: DocumentNames) -> Json:
    match part:
        case Text():
            return {"text": part.text}
        case Media():
            return media_block(part, names)
        case ToolCall():
            return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": part.arguments}}
        case ToolResult():
            content = [_block(inner, names) for inner in part.parts]
            status = {"status": "error"} if part.is_error else {}
            return {"toolResult": {"toolUseId": part.call_id, "content": content, **status}}


def _cache_point(lifetime: Lifetime | None) -> list[Json]:
    if lifetime is None:
        return []
    return [{"cachePoint": {"type": "default"} if lifetime == "5m" else {"type": "default", "ttl": lifetime}}]


def _tool_config(conversation: Conversation) -> Json | None:
    choice = conversation.tool_choice
    if choice is not None and choice.mode == "none":
        if _has_calls(conversation):
            raise Untranslatable("tool_choice", "calls cannot be ruled out where there were some before")
        return None
    if not conversation.tools:
        return None
    tools = [block for tool in conversation.tools for block in (_tool(tool), *_cache_point(tool.cache))]
    if choice is None:
        return {"tools": tools}
    chosen = {"tool": {"name": choice.name}} if choice.mode == "named" else {choice.mode: {}}
    return {"tools": tools, "toolChoice": chosen}


def _has_calls(conversation: Conversation) -> bool:
    parts = (part for message in conversation.messages for part in message.parts)
    return any(isinstance(part, ToolCall | ToolResult) for part in parts)


def _tool(tool: Tool) -> Json:
    spec = without_nones(
        name=tool.name,
        description=tool.description or None,
        inputSchema={"json": tool.schema},
        strict=tool.strict or None,
    )
    return {"toolSpec": spec}


def _output_config(conversation: Conversation) -> Json:
    return without_nones(
        textFormat=_format(conversation.format, conversation.name_of("format")),
        effort=effort_of(conversation.model, conversation.reasoning),
    )


def _format(format: JsonFormat | None, field: str) -> Json | None:
    if format is None:
        return None
    if format.schema is None:
        raise Untranslatable(field, "JSON without a schema cannot be asked for")
    schema = without_nones(schema=compact(format.schema), name=format.name, description=format.description)
    return {"type": "json_schema", "structure": {"jsonSchema": schema}}


def _model_fields(conversation: Conversation) -> Json:
    """What only Claude has a word for."""
    top_k, reasoning = conversation.sampling.top_k, conversation.reasoning
    if "anthropic" not in conversation.model:
        if top_k is not None:
            raise Untranslatable("top_k", "only models of Anthropic take it here")
        if reasoning.budget_tokens is not None:
            raise Untranslatable(
                conversation.name_of("reasoning"), "only models of Anthropic take a budget here"
            )
        return {}
    return without_nones(top_k=top_k, thinking=thinking_config(conversation.model, reasoning))
