"""What a trace has of what the optimizer did."""

from __future__ import annotations

import uuid
from typing import Any

from token_optimizer.models import OptimizationStats

_MAX_REASON_CHARS = 200


def columns_of(stats: OptimizationStats) -> dict[str, Any]:
    """The columns of a trace, and their values."""
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
        "stages": [stage.as_dict() for stage in stats.stages],
        "blocks": [block.as_dict() for block in stats.blocks],
    }
