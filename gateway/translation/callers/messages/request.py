"""The body of Anthropic's messages, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.translation.callers.cache_marks import cache_mark
from gateway.translation.callers.messages.content import conversation_in
from gateway.translation.callers.options import effort_in, sampling_in
from gateway.translation.pivot.conversation import Conversation, JsonFormat, Reasoning, Tool, ToolChoice
from gateway.translation.pivot.fields import Fields, strings

# Fields that change no answer, or only how much of the prompt the model is shown.
_HINTS = ("context_management", "diagnostics", "service_tier")
_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "speed": ("standard",),
    "mcp_servers": ([],),
    "service_tier": ("auto", "standard_only"),
}
_NAMES = {
    "stop": "stop_sequences",
    "format": "output_config.format",
    "reasoning": "thinking",
    "user": "metadata.user_id",
    "parallel_calls": "tool_choice.disable_parallel_tool_use",
}
_MODES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice("auto"),
    "any": ToolChoice("any"),
    "none": ToolChoice("none"),
}


def read_request(body: Mapping[str, Any], left_out: set[str]) -> Conversation:
    """The conversation of a body; Untranslatable for a field that no other dialect knows."""
    fields = Fields(body, "", left_out)
    fields.ignore_defaults(_DEFAULTS)
    system, messages = conversation_in(fields)
    choice, parallel = _tool_choice(fields)
    format, reasoning = _output(fields)
    conversation = Conversation(
        model=fields.required_text("model"),
        system=system,
        messages=messages,
        tools=[_tool(tool) for tool in fields.objects("tools")],
        tool_choice=choice,
        parallel_calls=parallel,
        max_tokens=fields.whole_number("max_tokens"),
        stop=list(strings(fields, "stop_sequences")),
        sampling=sampling_in(fields),
        format=format,
        reasoning=reasoning,
        stream=fields.flag("stream") is True,
        user=_user(fields),
        cache_all=cache_mark(fields),
        fields=_NAMES,
    )
    fields.leave_out(*_HINTS)
    fields.close()
    return conversation


def _tool(tool: Fields) -> Tool:
    kind = tool.text("type")
    if kind not in (None, "custom"):
        raise tool.refused("type", f"{kind[:40]!r} is a tool of Anthropic's own")
    tool.ignore_defaults({"defer_loading": (False,), "allowed_callers": (["direct"],)})
    tool.leave_out("eager_input_streaming", "input_examples")
    made = Tool(
        tool.required_text("name"),
        tool.text("description"),
        tool.mapping("input_schema") or {"type": "object", "properties": {}},
        tool.flag("strict") is True,
        cache_mark(tool),
    )
    tool.close()
    return made


def _tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool]:
    """What is to be called, and whether several calls may stand in one answer."""
    choice = fields.inner("tool_choice")
    if choice is None:
        return None, True
    kind, parallel = choice.required_text("type"), choice.flag("disable_parallel_tool_use") is not True
    if kind == "tool":
        return ToolChoice("named", choice.required_text("name")), parallel
    if kind not in _MODES:
        raise choice.refused("type", f"there is no choice {kind[:20]!r}")
    return _MODES[kind], parallel


def _output(fields: Fields) -> tuple[JsonFormat | None, Reasoning]:
    """The form of the answer, and how much thinking goes before it."""
    config = fields.inner("output_config")
    reasoning = _thinking(fields)
    if config is None:
        return None, reasoning
    effort, format = effort_in(config, "effort").effort, config.inner("format")
    config.close()
    asked = Reasoning(effort, reasoning.budget_tokens, reasoning.is_adaptive, reasoning.is_off)
    if format is None:
        return None, asked
    if format.text("type") != "json_schema":
        raise format.refused("type", "there is no such format")
    schema = format.mapping("schema")
    format.close()
    return JsonFormat(schema or {}), asked


def _thinking(fields: Fields) -> Reasoning:
    thinking = fields.inner("thinking")
    if thinking is None:
        return Reasoning()
    kind, budget = thinking.required_text("type"), thinking.whole_number("budget_tokens")
    thinking.leave_out("display")
    if kind not in ("enabled", "adaptive", "disabled"):
        raise thinking.refused("type", f"there is no thinking {kind[:20]!r}")
    return Reasoning(budget_tokens=budget, is_adaptive=kind == "adaptive", is_off=kind == "disabled")


def _user(fields: Fields) -> str | None:
    metadata = fields.inner("metadata")
    return None if metadata is None else metadata.text("user_id")
