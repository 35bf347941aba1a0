"""What is summed, in SQL: how each measure comes from traces, and how rows of rollups are added.

The same expressions make the rollups and read traces that are not rolled up yet, so that both give the same
figures. What was saved is summed over requests whose gross and net are both known: only then is net gross
less the cache effect, and is it known what would have been billed without us. The bill is summed over all
whose bill is known. Latency, ratio and cache hits leave out `bypass`, which the optimizer did not touch.
"""

from __future__ import annotations

from optimizer_app.models import RequestTrace, TraceRollup
from optimizer_app.rollups.histograms import LATENCY_BINS, LATENCY_BOUNDS, RATIO_BINS, SHARE_BINS
from optimizer_app.rollups.tables import Rollup
from token_optimizer.models import WhyNot

_DIMENSIONS = (
    "project_id", "api_key_id", "config_name", "config_version", "provider", "model", "tag", "route",
    "fallback_reason",
)  # fmt: skip

PRICED = "gross_usd IS NOT NULL AND net_usd IS NOT NULL"
BREAKPOINTS = "(receipt->>'breakpoints_usd')::numeric"
_FAILED = """stages @? '$[*] ? (@.status == "failed")'"""
# Whose provider said how much of the prompt it had in its cache.
_CACHE_REPORTED = "usage_input_tokens IS NOT NULL AND usage_cached_tokens IS NOT NULL"
_OPTIMIZED = "route <> 'bypass'"
# One bin for each reason in the order of WhyNot, and some for those to come.
WHY_NOT_BINS = 32
_REASONS = f"ARRAY{[reason.value for reason in WhyNot]}::text[]"
_BOUNDS = f"ARRAY[{', '.join(map(str, LATENCY_BOUNDS))}]::float8[]"

# What is worked out once for each trace: its bins, and the conditions of several counts.
_COLUMNS = f"""
  {", ".join(_DIMENSIONS)}, created_at, tokens_before, tokens_after, tokens_estimated, usage_input_tokens,
  gross_usd, net_usd, read_back_usd, billed_usd, cache_hit, fallback_used, over_budget, compacted, status,
  is_repeat, usage_cached_tokens, conversation_id <> id AS is_known,
  continues AND conversation_id IS NOT NULL AS is_continued,
  {_FAILED} AS stage_failed, {PRICED} AS is_priced,
  {BREAKPOINTS} AS breakpoints_usd,
  CASE WHEN {_OPTIMIZED} THEN latency_ms END AS latency_ms,
  CASE WHEN {_OPTIMIZED} THEN width_bucket(latency_ms, {_BOUNDS}) END AS latency_bin,
  CASE WHEN {_OPTIMIZED} AND tokens_before > 0 THEN
    least(greatest(ceil(tokens_after::float8 / tokens_before * {SHARE_BINS}) - 1, 0), {RATIO_BINS - 1})::int
  END AS ratio_bin,
  CASE WHEN faithfulness_score IS NOT NULL THEN
    least(greatest(floor(faithfulness_score * {SHARE_BINS}), 0), {SHARE_BINS - 1})::int
  END AS faithfulness_bin,
  array_position({_REASONS}, why_not::text) - 1 AS why_not_bin
"""

_COUNTED = {
    "requests": "true",
    "optimized": _OPTIMIZED,
    "estimated": "tokens_estimated",
    "reconciled": "usage_input_tokens IS NOT NULL",
    "priced": "is_priced",
    "cache_hits": f"cache_hit AND {_OPTIMIZED}",
    "repeats": f"is_repeat AND {_OPTIMIZED}",
    "repeat_hits": f"is_repeat AND cache_hit AND {_OPTIMIZED}",
    "continued": "is_continued",
    "prefixes_found": "is_continued AND is_known",
    "fallbacks": "fallback_used",
    "optimized_fallbacks": f"fallback_used AND {_OPTIMIZED}",
    "not_smaller": "tokens_after >= tokens_before",
    "over_budget": "over_budget <> ''",
    "compactions": "compacted",
    "negative": "net_usd < 0",
    "failed_stages": "stage_failed",
    "errors": "status = 'error'",
    "interrupted": "status = 'interrupted'",
    "to_look_at": "net_usd < 0 OR stage_failed OR status IN ('error', 'interrupted')",
}
# From columns of these names, with `is_priced`.
MONEY = {
    "gross_usd": "coalesce(sum(gross_usd) FILTER (WHERE is_priced), 0)",
    "net_usd": "coalesce(sum(net_usd) FILTER (WHERE is_priced), 0)",
    "read_back_usd": "coalesce(sum(read_back_usd) FILTER (WHERE is_priced), 0)",
    "billed_usd": "coalesce(sum(billed_usd), 0)",
    "without_us_usd": "coalesce(sum(billed_usd + net_usd) FILTER (WHERE is_priced), 0)",
    "breakpoints_usd": "coalesce(sum(breakpoints_usd) FILTER (WHERE is_priced), 0)",
}


def _money_there(amount: str, condition: str = "is_priced", digits: int = 9) -> str:
    return f"sumIf(ifNull({amount}, toDecimal64(0, {digits})), {condition})"


# The same in ClickHouse.
MONEY_THERE = {
    "gross_usd": _money_there("gross_usd"),
    "net_usd": _money_there("net_usd"),
    "read_back_usd": _money_there("read_back_usd"),
    "billed_usd": _money_there("billed_usd", "true"),
    "without_us_usd": _money_there("billed_usd + net_usd"),
    "breakpoints_usd": _money_there("breakpoints_usd", digits=12),
}
_SUMMED = {
    "tokens_before": "sum(tokens_before)",
    "tokens_after": "sum(tokens_after)",
    "reported_input_tokens": f"coalesce(sum(usage_input_tokens) FILTER (WHERE {_CACHE_REPORTED}), 0)",
    "reported_cached_tokens": f"coalesce(sum(usage_cached_tokens) FILTER (WHERE {_CACHE_REPORTED}), 0)",
    **MONEY,
}
_TOKENS = tuple(name for name in _SUMMED if name not in MONEY)
_HISTOGRAMS = {
    "latencies": ("latency_bin", LATENCY_BINS),
    "ratios": ("ratio_bin", RATIO_BINS),
    "faithfulness": ("faithfulness_bin", SHARE_BINS),
    "why_nots": ("why_not_bin", WHY_NOT_BINS),
}
# The same in ClickHouse, where `picked` are traces with what was worked out as they came in.
_COLUMNS_THERE = f"""
  {", ".join(_DIMENSIONS)}, created_at, tokens_before, tokens_after, tokens_estimated, usage_input_tokens,
  gross_usd, net_usd, read_back_usd, billed_usd, cache_hit, fallback_used, over_budget, compacted, status,
  is_repeat, usage_cached_tokens, conversation_id <> trace_id AS is_known,
  continues AND conversation_id IS NOT NULL AS is_continued,
  stage_failed, {PRICED} AS is_priced, breakpoints_usd,
  if({_OPTIMIZED}, latency_ms, NULL) AS optimized_ms,
  if({_OPTIMIZED}, arrayCount(bound -> bound <= latency_ms, {list(LATENCY_BOUNDS)}), NULL) AS latency_bin,
  if({_OPTIMIZED} AND tokens_before > 0,
    least(greatest(ceil(tokens_after / tokens_before * {SHARE_BINS}) - 1, 0), {RATIO_BINS - 1}), NULL
  ) AS ratio_bin,
  if(faithfulness_score IS NULL, NULL,
    least(greatest(floor(faithfulness_score * {SHARE_BINS}), 0), {SHARE_BINS - 1})) AS faithfulness_bin,
  indexOf({[reason.value for reason in WhyNot]}, why_not) - 1 AS why_not_bin
"""


def _histogram_there(column: str) -> str:
    """As a map of bins: hundreds of conditions, as PostgreSQL counts by, take ClickHouse long to plan."""
    return f"sumMapIf(map(toInt16(ifNull({column}, -1)), toUInt64(1)), {column} IS NOT NULL)"


def _histogram(column: str, bins: int) -> str:
    counts = (f"count(*) FILTER (WHERE {column} = {number})" for number in range(bins))
    return f"ARRAY[{', '.join(counts)}]::int[]"


def _added_histogram(name: str, bins: int) -> str:
    # Rows of an older version lack what is counted since.
    sums = (f"coalesce(sum({name}[{number}]), 0)" for number in range(1, bins + 1))
    return f"ARRAY[{', '.join(sums)}]::int[]"


_FROM_TRACES = {
    **{name: f"count(*) FILTER (WHERE {condition})" for name, condition in _COUNTED.items()},
    **_SUMMED,
    "min_latency_ms": "min(latency_ms)",
    "max_latency_ms": "max(latency_ms)",
    **{name: _histogram(*binned) for name, binned in _HISTOGRAMS.items()},
}
_ADDED = {
    **{name: f"sum({name})::bigint" for name in (*_COUNTED, *_TOKENS)},
    **{name: f"sum({name})" for name in MONEY},
    "min_latency_ms": "min(min_latency_ms)",
    "max_latency_ms": "max(max_latency_ms)",
    **{name: _added_histogram(name, bins) for name, (_, bins) in _HISTOGRAMS.items()},
}
MEASURES = tuple(_FROM_TRACES)

TRACES = Rollup(
    model=TraceRollup,
    rows=f"SELECT {_COLUMNS} FROM {RequestTrace._meta.db_table} WHERE {{condition}}",  # noqa: S608
    dimensions=_DIMENSIONS,
    whole=("project_id",),
    from_rows=_FROM_TRACES,
    added=_ADDED,
    bins={name: bins for name, (_, bins) in _HISTOGRAMS.items()},
    in_clickhouse=f"SELECT {_COLUMNS_THERE} FROM picked",  # noqa: S608 -- the names are constants
    from_rows_there={
        **MONEY_THERE,
        "min_latency_ms": "min(optimized_ms)",
        "max_latency_ms": "max(optimized_ms)",
        **{name: _histogram_there(column) for name, (column, _) in _HISTOGRAMS.items()},
    },
)
