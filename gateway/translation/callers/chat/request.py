"""The body of a chat completion, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.translation.callers.cache_marks import cache_mark
from gateway.translation.callers.chat.messages import conversation_in
from gateway.translation.callers.options import (
    effort_in,
    format_in,
    function_tool,
    sampling_in,
    tool_choice_in,
)
from gateway.translation.pivot.conversation import Conversation, JsonFormat, Tool
from gateway.translation.pivot.fields import Fields, strings

# Fields that change no answer.
_HINTS = (
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "prediction",
    "store",
)
# What says nothing, as it is what providers do anyway.
_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "service_tier": ("auto", "default"),
    "verbosity": ("medium",),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
}
_NAMES = {
    "format": "response_format",
    "reasoning": "reasoning_effort",
    "parallel_calls": "parallel_tool_calls",
}


def read_request(body: Mapping[str, Any], left_out: set[str]) -> Conversation:
    """The conversation of a body; Untranslatable for a field that no other dialect knows."""
    fields = Fields(body, "", left_out)
    fields.ignore_defaults(_DEFAULTS)
    system, messages = conversation_in(fields)
    options = fields.inner("stream_options")
    conversation = Conversation(
        model=fields.required_text("model"),
        system=system,
        messages=messages,
        tools=[_tool(tool) for tool in fields.objects("tools")],
        tool_choice=tool_choice_in(fields, _name_in),
        parallel_calls=fields.flag("parallel_tool_calls") is not False,
        max_tokens=_max_tokens(fields),
        stop=list(strings(fields, "stop")),
        sampling=sampling_in(fields),
        format=_format(fields),
        reasoning=effort_in(fields, "reasoning_effort"),
        stream=fields.flag("stream") is True,
        stream_usage=options is not None and options.take("include_usage") is True,
        user=fields.text("user") or fields.text("safety_identifier"),
        fields=_NAMES,
    )
    fields.leave_out("safety_identifier", *_HINTS)
    fields.close()
    return conversation


def _max_tokens(fields: Fields) -> int | None:
    newer, older = fields.whole_number("max_completion_tokens"), fields.whole_number("max_tokens")
    return newer if newer is not None else older


def _tool(tool: Fields) -> Tool:
    function = tool.inner("function")
    if tool.text("type") != "function" or function is None:
        raise tool.refused("type", "only functions are translated")
    cache = cache_mark(tool)
    tool.close()
    return function_tool(function, cache=cache)


def _name_in(choice: Mapping[str, Any]) -> object:
    function = choice.get("function")
    return function.get("name") if isinstance(function, dict) else None


def _format(fields: Fields) -> JsonFormat | None:
    format = fields.inner("response_format")
    return None if format is None else format_in(format, format.inner("json_schema"))
