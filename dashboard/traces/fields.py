"""The stored figures of a request that its JSON and the CSV of the list hold, in their order."""

from __future__ import annotations

from typing import Any

from optimizer_app.models import RequestTrace

TRACE_FIELDS = (
    "id",
    "created_at",
    "dialect",
    "provider",
    "model",
    "config_name",
    "config_version",
    "budget_tokens",
    "prompt_name",
    "prompt_version",
    "tag",
    "stream",
    "status",
    "http_status",
    "error",
    "route",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "tokens_estimated",
    "cache_hit",
    "is_repeat",
    "continues",
    "fallback_used",
    "fallback_reason",
    "compacted",
    "over_budget",
    "why_not",
    "holdout_group",
    "conversation_id",
    "faithfulness_score",
    "latency_ms",
    "upstream_ms",
    "total_ms",
    "usage_input_tokens",
    "usage_cached_tokens",
    "usage_cache_write_tokens",
    "usage_output_tokens",
    "usage_is_estimated",
    "answered_from_cache",
    "gross_usd",
    "net_usd",
    "read_back_usd",
    "billed_usd",
    "billed_is_estimated",
)


def trace_values(trace: RequestTrace) -> list[Any]:
    return [getattr(trace, name) for name in TRACE_FIELDS]
