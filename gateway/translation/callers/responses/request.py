"""The body of a request to OpenAI's Responses API, read. What lies at OpenAI is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.translation.callers.options import (
    effort_in,
    format_in,
    function_tool,
    sampling_in,
    tool_choice_in,
)
from gateway.translation.callers.responses.items import conversation_in
from gateway.translation.pivot.conversation import Conversation, JsonFormat, Reasoning, Tool
from gateway.translation.pivot.fields import Fields

# Fields that change no answer: the answer's reasoning comes encrypted, and whole, in any case.
_HINTS = (
    "include",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "store",
    "stream_options",
    "truncation",
)
_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "background": (False,),
    "service_tier": ("auto", "default"),
    "top_logprobs": (0,),
    "truncation": ("disabled",),
    "include": (["reasoning.encrypted_content"],),
}
_NAMES = {
    "max_tokens": "max_output_tokens",
    "format": "text.format",
    "reasoning": "reasoning",
    "parallel_calls": "parallel_tool_calls",
}


def read_request(body: Mapping[str, Any], left_out: set[str]) -> Conversation:
    """The conversation of a body; Untranslatable for a field that no other dialect knows."""
    fields = Fields(body, "", left_out)
    fields.ignore_defaults(_DEFAULTS)
    system, messages = conversation_in(fields)
    conversation = Conversation(
        model=fields.required_text("model"),
        system=system,
        messages=messages,
        tools=[_tool(tool) for tool in fields.objects("tools")],
        tool_choice=tool_choice_in(fields, _name_in),
        parallel_calls=fields.flag("parallel_tool_calls") is not False,
        max_tokens=fields.whole_number("max_output_tokens"),
        sampling=sampling_in(fields),
        format=_format(fields),
        reasoning=_reasoning(fields),
        stream=fields.flag("stream") is True,
        user=fields.text("user"),
        fields=_NAMES,
    )
    fields.leave_out(*_HINTS)
    fields.close()
    return conversation


def _tool(tool: Fields) -> Tool:
    if (kind := tool.text("type")) != "function":
        raise tool.refused("type", f"{str(kind)[:40]!r} is a tool of OpenAI's own")
    tool.ignore_defaults({"defer_loading": (False,)})
    return function_tool(tool)


def _name_in(choice: Mapping[str, Any]) -> object:
    return choice.get("name") if choice.get("type") == "function" else None


def _format(fields: Fields) -> JsonFormat | None:
    text = fields.inner("text")
    if text is None:
        return None
    text.ignore_defaults({"verbosity": ("medium",)})
    format = text.inner("format")
    text.close()
    return None if format is None else format_in(format, format)


def _reasoning(fields: Fields) -> Reasoning:
    reasoning = fields.inner("reasoning")
    if reasoning is None:
        return Reasoning()
    asked = effort_in(reasoning, "effort")
    reasoning.leave_out("summary", "generate_summary")
    reasoning.close()
    return asked
