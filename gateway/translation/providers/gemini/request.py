"""A conversation as the body of Gemini's `generateContent`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gateway.callers.routing import ProviderRoute
from gateway.translation.pivot.conversation import (
    Conversation,
    JsonFormat,
    Media,
    Message,
    Part,
    Reasoning,
    RedactedThinking,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from gateway.translation.pivot.errors import Untranslatable
from gateway.translation.pivot.json import without_nones

Json = dict[str, Any]
_MODES = {"auto": "AUTO", "any": "ANY", "none": "NONE"}
_ROLES = {"user": "user", "assistant": "model"}
# What efforts are in tokens of thinking, as Google has published it. Models up to 2.5 know only tokens.
_BUDGET_TOKENS = {
    "none": 0,
    "minimal": 1_024,
    "low": 1_024,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 24_576,
    "max": 24_576,
}
_THINKS_BY_BUDGET = ("gemini-1", "gemini-2")
_DYNAMIC_BUDGET = -1


def path(conversation: Conversation) -> str:
    """Where requests for the model go."""
    model = quote(conversation.model.removeprefix("models/"), safe="")
    method = "streamGenerateContent?alt=sse" if conversation.stream else "generateContent"
    return f"/v1beta/models/{model}:{method}"


def write_request(conversation: Conversation, _provider: ProviderRoute, left_out: set[str]) -> Json:
    """The body; Untranslatable for what there is no word for."""
    if not conversation.parallel_calls:
        raise Untranslatable(conversation.name_of("parallel_calls"), "calls at once cannot be ruled out")
    if conversation.user:
        left_out.add(conversation.name_of("user"))
    _note_cache_marks(conversation, left_out)
    names = _names_of_calls(conversation.messages)
    return without_nones(
        systemInstruction=_system(conversation.system),
        contents=[_content(message, names, left_out) for message in conversation.messages],
        tools=_tools(conversation.tools),
        toolConfig=_tool_config(conversation),
        generationConfig=_generation_config(conversation) or None,
    )


def _note_cache_marks(conversation: Conversation, left_out: set[str]) -> None:
    """Gemini's cache works by itself, without marks."""
    parts = [*conversation.system, *(part for message in conversation.messages for part in message.parts)]
    marked = [part for part in (*parts, *conversation.tools) if getattr(part, "cache", None)]
    if marked or conversation.cache_all:
        left_out.add("cache_control")


def _system(system: Sequence[Text]) -> Json | None:
    return {"parts": [{"text": part.text} for part in system]} if system else None


def _names_of_calls(messages: Sequence[Message]) -> Mapping[str, str]:
    """A result has to name its function, and others' results name only the call."""
    parts = (part for message in messages for part in message.parts)
    return {part.id: part.name for part in parts if isinstance(part, ToolCall)}


def _content(message: Message, names: Mapping[str, str], left_out: set[str]) -> Json:
    return {"role": _ROLES[message.role], "parts": list(_parts(message.parts, names, left_out))}


def _parts(parts: Sequence[Part], names: Mapping[str, str], left_out: set[str]) -> Iterator[Json]:
    """The parts. A signature stands in the part that came after the thinking."""
    signature = ""
    for part in parts:
        if isinstance(part, Thinking | RedactedThinking):
            signature = _signature(part)
            if not signature:
                left_out.add("thinking")
            continue
        written = _part(part, names)
        yield {**written, "thoughtSignature": signature} if signature else written
        signature = ""


def _signature(part: Thinking | RedactedThinking) -> str:
    """Gemini takes back only what it has signed."""
    if isinstance(part, RedactedThinking) or part.signature is None:
        return ""
    return part.signature.value if part.signature.origin == "gemini" else ""


def _part(part: Text | Media | ToolCall | ToolResult, names: Mapping[str, str]) -> Json:
    match part:
        case Text():
            return {"text": part.text}
        case Media():
            return _media(part)
        case ToolCall():
            return {"functionCall": {"id": part.id, "name": part.name, "args": part.arguments}}
        case ToolResult():
            return {"functionResponse": _result(part, names)}


def _result(result: ToolResult, names: Mapping[str, str]) -> Json:
    said = "\n".join(part.text for part in result.parts if isinstance(part, Text))
    media = [_media(part) for part in result.parts if isinstance(part, Media)]
    return without_nones(
        id=result.call_id,
        name=names.get(result.call_id, result.call_id),
        response={"error" if result.is_error else "output": said},
        parts=media or None,
    )


def _media(media: Media) -> Json:
    if media.url:
        return {"fileData": without_nones(mimeType=media.media_type or None, fileUri=media.url)}
    return {"inlineData": {"mimeType": media.media_type, "data": media.data}}


def _tools(tools: Sequence[Tool]) -> list[Json] | None:
    declared = [
        without_nones(name=tool.name, description=tool.description, parametersJsonSchema=tool.schema)
        for tool in tools
    ]
    return [{"functionDeclarations": declared}] if declared else None


def _tool_config(conversation: Conversation) -> Json | None:
    choice = conversation.tool_choice
    if choice is not None and choice.mode == "named":
        config: Json = {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    elif choice is not None and choice.mode != "auto":
        config = {"mode": _MODES[choice.mode]}
    elif any(tool.strict for tool in conversation.tools):
        # Calls, where there are any, keep to the schema.
        config = {"mode": "VALIDATED"}
    else:
        return {"functionCallingConfig": {"mode": "AUTO"}} if choice else None
    return {"functionCallingConfig": config}


def _generation_config(conversation: Conversation) -> Json:
    sampling = conversation.sampling
    return without_nones(
        maxOutputTokens=conversation.max_tokens,
        temperature=sampling.temperature,
        topP=sampling.top_p,
        topK=sampling.top_k,
        seed=sampling.seed,
        frequencyPenalty=sampling.frequency_penalty,
        presencePenalty=sampling.presence_penalty,
        stopSequences=list(conversation.stop) or None,
        **_format(conversation.format),
        thinkingConfig=_thinking_config(conversation.model, conversation.reasoning),
    )


def _format(format: JsonFormat | None) -> Json:
    if format is None:
        return {}
    return {"responseMimeType": "application/json", "responseJsonSchema": format.schema}


def _thinking_config(model: str, reasoning: Reasoning) -> Json | None:
    """How much the model is to think; what it thinks is in the answer then."""
    if reasoning.is_off:
        return {"thinkingBudget": 0}
    if reasoning.budget_tokens is not None:
        return {"thinkingBudget": reasoning.budget_tokens, "includeThoughts": True}
    by_budget = model.removeprefix("models/").startswith(_THINKS_BY_BUDGET)
    if reasoning.effort is not None:
        amount: Json = {"thinkingLevel": _level(reasoning.effort)}
        if by_budget:
            amount = {"thinkingBudget": _BUDGET_TOKENS[reasoning.effort]}
        return {**amount, "includeThoughts": True}
    if reasoning.is_adaptive:
        return {"includeThoughts": True} | ({"thinkingBudget": _DYNAMIC_BUDGET} if by_budget else {})
    return None


def _level(effort: str) -> str:
    return "XHIGH" if effort == "max" else effort.upper()
