"""The optimizer as scorers call it: `compress(messages, tools, documents, query, budget_tokens)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from token_optimizer import OptimizerConfig
from token_optimizer.dialects.bodies import detect_dialect
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

# What is cut must not depend on how fast the machine is.
_ENOUGH_MS = 600_000


def compress(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    budget_tokens: int | None = None,
    *,
    reads_back: bool = False,
    **fields: Any,
) -> dict[str, Any]:
    """The prompt under the preset `balanced` with these fields of the config, whatever time that takes;
    documents come back inside the messages. `reads_back`: as through the gateway, which answers the model's
    calls of `read_back`.

    Nothing is remembered from case to case: two cases that begin alike are not turns of one conversation.
    """
    body: dict[str, Any] = {"messages": list(messages)}
    if tools:
        body["tools"] = list(tools)
    sent = optimize_body(
        body,
        detect_dialect(body["messages"], tools),
        config=OptimizerConfig.preset("balanced", max_latency_ms=_ENOUGH_MS, **fields),
        documents=documents,
        query=query,
        budget_tokens=budget_tokens,
        ports=Ports(answers_read_back=reads_back),
    ).body
    return {"messages": sent["messages"], "tools": sent.get("tools"), "documents": None}
