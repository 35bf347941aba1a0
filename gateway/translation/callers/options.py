"""Options of a request that several dialects have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from gateway.translation.pivot.conversation import Effort, JsonFormat, Reasoning, Sampling, Tool, ToolChoice
from gateway.translation.pivot.fields import Fields

_OPENAI_MODES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "none": ToolChoice("none"),
    "required": ToolChoice("any"),
}


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


def tool_choice_mode(fields: Fields, mode: str | None) -> ToolChoice | None:
    """What is to be called, as a word in OpenAI's dialects says."""
    if mode is None:
        return None
    if mode not in _OPENAI_MODES:
        raise fields.refused("tool_choice", f"there is no choice {mode[:20]!r}")
    return _OPENAI_MODES[mode]


def schema_format(schema: Fields) -> JsonFormat:
    """A format with a schema, as OpenAI's dialects define one."""
    name, description = schema.text("name") or "answer", schema.text("description")
    schema.flag("strict")
    return JsonFormat(schema.mapping("schema") or {}, name, description)
