"""The optimizer as scorers call it: `compress(messages, tools, documents, query, budget_tokens)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from token_optimizer import optimize


def compress(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    budget_tokens: int | None = None,
) -> dict[str, Any]:
    """The prompt under the preset `balanced`; documents come back inside the messages."""
    sent, stats = optimize(messages, tools, documents=documents, query=query, budget_tokens=budget_tokens)
    return {"messages": sent, "tools": stats.tools, "documents": None}
