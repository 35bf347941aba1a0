"""Options of a request that several dialects have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def tool_choice_in(fields: Fields, name_in: Callable[[Mapping[str, Any]], object]) -> ToolChoice | None:
    """What is to be called, in OpenAI's dialects: a mode, or the function whose name `name_in` finds."""
    choice = fields.take("tool_choice")
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice not in _OPENAI_MODES:
            raise fields.refused("tool_choice", f"there is no choice {choice[:20]!r}")
        return _OPENAI_MODES[choice]
    name = name_in(choice) if isinstance(choice, dict) else None
    if not isinstance(name, str):
        raise fields.refused("tool_choice", "only a mode or one function is translated")
    return ToolChoice("named", name)


def format_in(format: Fields, schema: Fields | None) -> JsonFormat | None:
    """The form of the answer, in OpenAI's dialects; None where it is plain text."""
    kind = format.text("type")
    if kind == "text":
        return None
    if kind == "json_object":
        return JsonFormat()
    if kind != "json_schema" or schema is None:
        raise format.refused("type", "there is no such format")
    return _schema_format(schema)


def _schema_format(schema: Fields) -> JsonFormat:
    name, description = schema.text("name") or "answer", schema.text("description")
    schema.flag("strict")
    return JsonFormat(schema.mapping("schema") or {}, name, description)
