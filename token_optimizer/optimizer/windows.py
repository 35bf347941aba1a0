"""The window of a model, which is the hard budget of a config that names none.

The windows are those of genai-prices, where that is installed and knows the model; nothing is fetched. What a
caller knows better goes before them. A model whose window is not known has no budget, and the trace says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from token_optimizer.models import Dialect, Prompt, StageReport
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.cache_prices import priced_model

REPORT_NAME = "budget"
# No chat model has a smaller window, and to read the windows takes a second.
_MIN_WINDOW_TOKENS = 4_000
_OUTPUT_FIELDS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def context_window(model: str, dialect: Dialect) -> int | None:
    """Tokens that the model takes and gives together; None where nobody knows."""
    try:
        found = priced_model(model, dialect)
    except ImportError:
        return None
    return None if found is None else found[1].context_window


def within_window(original: Prompt, context: Context) -> tuple[Context, list[StageReport]]:
    """The context for a prompt without a budget of its own, and what the trace says of the window.

    A prompt that exceeds the window gets it as its budget, less what the answer may take.
    """
    if context.budget_tokens is not None or original.tokens < _MIN_WINDOW_TOKENS:
        return context, []
    window = context.facts.context_window or context_window(context.model, original.dialect)
    if window is None:
        reason = f"no window is known for {context.model}: there is no hard budget"
        return context, [StageReport(REPORT_NAME, "skipped", 0.0, 0, reason)]
    budget = max(0, window - _output_tokens(original.body, window) - context.config.safety_margin_tokens)
    report = StageReport(REPORT_NAME, "ran", 0.0, 0, f"the window of {context.model}: {window:,} tokens")
    if original.tokens > budget:
        context = replace(context, budget_tokens=budget, hard_tokens=budget)
    return context, [report]


def _output_tokens(body: Mapping[str, Any], window: int) -> int:
    """What the request wants to be answered at most; 0 where it says nothing, or more than fits."""
    asked = (body.get(name) for name in _OUTPUT_FIELDS)
    tokens = max((value for value in asked if isinstance(value, int)), default=0)
    return tokens if 0 < tokens < window else 0
