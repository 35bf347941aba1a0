"""The body of a chat completion, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from gateway.outgoing.callers.cache_marks import cache_mark
from gateway.outgoing.callers.chat.messages import conversation_in
from gateway.outgoing.pivot.conversation import (
    Conversation,
    Effort,
    JsonFormat,
    Reasoning,
    Sampling,
    Tool,
    ToolChoice,
)
from gateway.outgoing.pivot.fields import Fields, strings

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
_NAMES = {"format": "response_format", "reasoning": "reasoning_effort", "parallel_calls": "parallel_tool_calls"}
_MODES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "none": ToolChoice("none"),
    "required": ToolChoice("any"),
}


def read_request(body: Mapping[str, Any], left_out: set[str]) -> Conversation:
    """The conversation of a body; Untranslatable for a field that no other dialect knows."""
    fields = Fields(body, "", left_out)
    fields.ignore_defaults(_DEFAULTS)
    system, messages = conversation_in(fields)
    options = fields.object("stream_options")
    conversation = Conversation(
        model=fields.required_text("model"),
        system=system,
        messages=messages,
        tools=[_tool(tool) for tool in fields.objects("tools")],
        tool_choice=_tool_choice(fields),
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


def sampling_in(fields: Fields) -> Sampling:
    """How the next token is drawn."""
    return Sampling(
        fields.number("temperature"),
        fields.number("top_p"),
        fields.whole_number("top_k"),
        fields.whole_number("seed"),
        fields.number("frequency_penalty"),
        fields.number("presence_penalty"),
    )


def effort_in(fields: Fields, name: str) -> Reasoning:
    effort = fields.text(name)
    if effort is not None and effort not in get_args(Effort):
        raise fields.refused(name, f"there is no effort {effort[:20]!r}")
    known: Any = effort
    return Reasoning(known, is_off=effort == "none")


def _tool(tool: Fields) -> Tool:
    function = tool.object("function")
    if tool.text("type") != "function" or function is None:
        raise tool.refused("type", "only functions are translated")
    cache = cache_mark(tool)
    tool.close()
    return function_tool(function, cache=cache)


def function_tool(function: Fields, **more: Any) -> Tool:
    """A function as OpenAI's dialects define one."""
    made = Tool(
        function.required_text("name"),
        function.text("description"),
        function.mapping("parameters") or {"type": "object", "properties": {}},
        function.flag("strict") is True,
        **more,
    )
    function.close()
    return made


def _tool_choice(fields: Fields) -> ToolChoice | None:
    choice = fields.take("tool_choice")
    if choice is None or (isinstance(choice, str) and choice in _MODES):
        return None if choice is None else _MODES[choice]
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise fields.refused("tool_choice", "only a mode or one function is translated")
    return ToolChoice("named", name)


def _format(fields: Fields) -> JsonFormat | None:
    format = fields.object("response_format")
    if format is None:
        return None
    kind, schema = format.text("type"), format.object("json_schema")
    if kind == "text":
        return None
    if kind == "json_object":
        return JsonFormat()
    if kind != "json_schema" or schema is None:
        raise format.refused("type", "there is no such format")
    return schema_format(schema)


def schema_format(schema: Fields) -> JsonFormat:
    """A format with a schema, as OpenAI's dialects define one."""
    name, description = schema.text("name") or "answer", schema.text("description")
    schema.flag("strict")
    return JsonFormat(schema.mapping("schema") or {}, name, description)
