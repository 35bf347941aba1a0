"""The tools that `tool_choice` forces the model to call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from token_optimizer.dialects.text_parts import TextPart, as_list


def forced_tools(choice: Any) -> frozenset[str]:
    """The names of the tools that `tool_choice` names: a choice of one that is not there is refused."""
    if not isinstance(choice, dict):
        return frozenset()
    inner = choice.get("allowed_tools")
    holder = inner if isinstance(inner, dict) else choice
    chosen = [item for item in (choice, *as_list(holder.get("tools"))) if isinstance(item, dict)]
    return frozenset(filter(None, map(_name_of, chosen)))


def is_named(tools: Sequence[Any], text_part: TextPart, names: frozenset[str]) -> bool:
    return text_part.path is not None and _name_of(tools[cast(int, text_part.path[1])]) in names


def _name_of(tool: Mapping[str, Any]) -> str | None:
    """The name of a tool, or of a reference to one, in any dialect's shape."""
    inner = tool.get("function", tool.get("custom", tool))
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None
