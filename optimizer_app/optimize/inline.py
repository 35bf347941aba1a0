"""One prompt through the library's pipeline, in this process."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from typing import Any

from optimizer_app.optimize.conversations import Conversations
from optimizer_app.precompression.lookups import Lookups, PrecompressionReader
from token_optimizer.config import OptimizerConfig
from token_optimizer.latency import Latency
from token_optimizer.models import Dialect, OptimizationResult, OptimizationStats, StageReport, WhyNot
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import CachePrices, Ports, RetrievalResult
from token_optimizer.tokens.counts import count_body, is_estimate

# Some 6,000 tokens: about 10 ms on the event loop.
INLINE_BYTES = 24_000


@dataclass(frozen=True, slots=True)
class OptimizationRequest:
    """One prompt to optimize. `size_bytes` decides where: inline or in the pool.

    `secret` is the one under which the project's conversations are remembered. Without it, as for a prompt
    that is not going to be sent, nothing is remembered, and no precompressed text is looked for. `found` has
    the passages of stored documents. `answers_read_back`: the sender answers the calls of `read_back`.
    `with_texts`: the result is to hold the text of every block.
    `cache_prices` are those that somebody set for the model.
    """

    body: Mapping[str, Any]
    dialect: Dialect
    config: OptimizerConfig
    model: str
    trace_id: uuid.UUID
    size_bytes: int
    budget_tokens: int | None = None
    documents: Sequence[Mapping[str, Any]] | None = None
    query: str | None = None
    secret: str = field(default="", repr=False)
    found: RetrievalResult | None = field(default=None, repr=False)
    project_id: uuid.UUID | None = None
    answers_read_back: bool = False
    with_texts: bool = False
    cache_prices: CachePrices | None = None


@dataclass(slots=True)
class Optimized(OptimizationResult):
    """A result of the library, and its lookups of precompressed texts."""

    lookups: Lookups = field(default_factory=Lookups)


def run_inline(
    request: OptimizationRequest,
    conversations: Conversations | None,
    limit_ms: float = inf,
    reader: PrecompressionReader | None = None,
) -> Optimized:
    """Optimize in this process, within `limit_ms` where the config allows more.

    On the event loop `reader` must be None: a lookup waits for the database.
    """
    precompressions = None
    if reader is not None and request.project_id is not None and request.secret:
        precompressions = reader.for_project(request.project_id, request.secret)
    search_ms = 0.0 if request.found is None else request.found.ms
    result = optimize_body(
        request.body,
        request.dialect,
        config=request.config,
        documents=request.documents,
        query=request.query,
        budget_tokens=request.budget_tokens,
        ports=Ports(
            memory=conversations.of(request.secret) if conversations is not None and request.secret else None,
            secret=request.secret,
            found=request.found,
            precompressions=precompressions,
            latency=Latency(min(limit_ms, request.config.max_latency_ms - search_ms)),
            trace_id=str(request.trace_id),
            answers_read_back=request.answers_read_back,
            with_texts=request.with_texts,
            with_segments=bool(request.secret),
            cache_prices=request.cache_prices,
        ),
    )
    result.stats.latency_ms += search_ms
    lookups = Lookups() if precompressions is None else precompressions.lookups
    made = {item.name: getattr(result, item.name) for item in fields(result)}
    return Optimized(**made, lookups=lookups)


def untouched(request: OptimizationRequest, why_not: WhyNot, failure: str = "") -> Optimized:
    """The request as it came, with its tokens counted: for off mode, and where the optimizer failed."""
    try:
        tokens = count_body(request.body, request.dialect, request.model)
    except Exception as error:
        tokens, failure = 0, failure or type(error).__name__
    stats = OptimizationStats(
        trace_id=str(request.trace_id),
        tokens_before=tokens,
        tokens_after=tokens,
        route="bypass",
        fallback_used=bool(failure),
        fallback_reason=failure and f"the optimizer failed: {failure}",
        stages=[StageReport("optimizer", "failed", 0.0, 0, failure)] if failure else [],
        estimated=is_estimate(request.model),
        why_not=why_not,
    )
    return Optimized(dict(request.body), stats, changed=False)
