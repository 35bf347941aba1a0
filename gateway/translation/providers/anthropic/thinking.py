"""How much Claude is to think, in the way that each of its models understands."""

from __future__ import annotations

import re
from typing import Any

from gateway.translation.pivot.conversation import Reasoning

Json = dict[str, Any]
# What efforts are in tokens of thinking, as Google has published it for its own translation.
_BUDGET_TOKENS = {
    "minimal": 1_024,
    "low": 1_024,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
# Models that think by a number of tokens. Newer ones think as they see fit, by an effort.
_THINKS_BY_BUDGET = re.compile(
    r"claude-3|claude-(?:opus|sonnet|haiku)-4(?:[-.][0-5])?(?=$|[-@:]v?[0-9]{8}|-v[0-9]|[-@]latest)"
)


def thinking_config(model: str, reasoning: Reasoning) -> Json | None:
    """How the model is to think, in the way that it understands; None where nothing was asked."""
    if reasoning.is_off:
        return {"type": "disabled"}
    if reasoning.budget_tokens is not None:
        return {"type": "enabled", "budget_tokens": reasoning.budget_tokens}
    if reasoning.effort and _THINKS_BY_BUDGET.search(model):
        return {"type": "enabled", "budget_tokens": _BUDGET_TOKENS[reasoning.effort]}
    return {"type": "adaptive"} if reasoning.effort or reasoning.is_adaptive else None


def effort_of(model: str, reasoning: Reasoning) -> str | None:
    """The effort, where it is not said by a number of tokens already."""
    if reasoning.effort in (None, "none"):
        return None
    if reasoning.budget_tokens is None and not reasoning.is_off and _THINKS_BY_BUDGET.search(model):
        return None
    return "low" if reasoning.effort == "minimal" else reasoning.effort
