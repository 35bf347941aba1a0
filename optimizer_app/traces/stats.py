"""What a trace has of what the optimizer did."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from token_optimizer.models import BlockFate, OptimizationStats

MAX_BLOCKS = 5_000
_MAX_REASON_CHARS = 200


def columns_of(stats: OptimizationStats) -> dict[str, Any]:
    """The fields of a trace's record, and their values."""
    return {
        "route": stats.route,
        "tokens_before": stats.tokens_before,
        "tokens_after": stats.tokens_after,
        "tokens_estimated": stats.estimated,
        "cache_hit": stats.cache_hit,
        "fallback_used": stats.fallback_used,
        "fallback_reason": stats.fallback_reason[:_MAX_REASON_CHARS],
        "compacted": stats.compacted,
        "conversation_id": uuid.UUID(stats.conversation) if stats.conversation else None,
        "over_budget": stats.over_budget,
        "faithfulness_score": stats.faithfulness_score,
        "latency_ms": stats.latency_ms,
        "why_not": stats.why_not or "",
        "reports": stats.stages,
        "fates": list(_bounded(stats.blocks)),
    }


def _bounded(blocks: Sequence[BlockFate]) -> Iterator[BlockFate]:
    """The blocks as they are, and of those past `MAX_BLOCKS` all that fared alike as one: a prompt of very
    many tiny messages leaves no trace of tens of megabytes."""
    yield from blocks[:MAX_BLOCKS]
    alike: dict[tuple[object, ...], list[BlockFate]] = {}
    for block in blocks[MAX_BLOCKS:]:
        alike.setdefault((block.type, block.kind, block.fate, block.frozen, block.stage), []).append(block)
    yield from map(_as_one, alike.values())


def _as_one(blocks: Sequence[BlockFate]) -> BlockFate:
    return blocks[0]._replace(
        reason=f"{len(blocks)} blocks, counted together",
        tokens_before=sum(block.tokens_before for block in blocks),
        tokens_after=sum(block.tokens_after for block in blocks),
        utility=None,
        faithfulness=None,
        worth=None,
    )
