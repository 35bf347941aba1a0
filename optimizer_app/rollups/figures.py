"""What requests came to: each figure in one place, with one meaning, from sums that are rolled up.

Added latency, ratio, cache hits and fallbacks leave out `bypass`, which the optimizer did not touch.
Percentiles and medians come from bins, within a tenth of the value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.rollups.histograms import (
    LATENCY_BINS,
    RATIO_BINS,
    SHARE_BINS,
    SHARE_EDGES,
    added,
    latency_percentile,
    percentile,
)  # fmt: skip
from optimizer_app.rollups.measures import WHY_NOT_BINS
from optimizer_app.rollups.reading import Selection, sums
from optimizer_app.rollups.windows import Window
from token_optimizer.models import WhyNot

MIN_FOR_BINS = 20
# Ratios are looked up one by one only where that is cheap.
MAX_LOOKED_AT = 1_000
_MONEY = ("gross_usd", "net_usd", "read_back_usd")
_COUNTS = (
    "requests", "optimized", "tokens_before", "tokens_after", "estimated", "priced", "reconciled",
    "cache_hits", "repeats", "repeat_hits", "continued", "prefixes_found", "reported_input_tokens",
    "reported_cached_tokens", "optimized_fallbacks", "negative", "failed_stages", "errors", "interrupted",
    "to_look_at",
)  # fmt: skip
_TOTALS = (*_COUNTS, *_MONEY, "min_latency_ms", "max_latency_ms", "latencies")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of one window. Money is None where none is known."""

    requests: int
    optimized: int
    tokens_before: int
    tokens_after: int
    estimated: int
    gross_usd: Decimal | None
    net_usd: Decimal | None
    read_back_usd: Decimal | None
    priced: int
    reconciled: int
    cache_hits: int
    repeats: int
    repeat_hits: int
    continued: int
    prefixes_found: int
    reported_input_tokens: int
    reported_cached_tokens: int
    fallbacks: int
    p95_ms: float | None
    negative: int
    failed_stages: int
    errors: int
    interrupted: int
    to_look_at: int

    @property
    def tokens_saved(self) -> int:
        return self.tokens_before - self.tokens_after

    @property
    def cut_share(self) -> float | None:
        return self.tokens_saved / self.tokens_before if self.tokens_before else None

    @property
    def cache_effect_usd(self) -> Decimal | None:
        """What the gross saving would have cost less anyway: the provider's discount on those tokens."""
        if self.gross_usd is None or self.net_usd is None:
            return None
        return self.gross_usd - self.net_usd - (self.read_back_usd or 0)

    @property
    def fallback_share(self) -> float | None:
        return self.fallbacks / self.optimized if self.optimized else None

    @property
    def cache_hit_share(self) -> float | None:
        return self.cache_hits / self.optimized if self.optimized else None

    @property
    def repeat_hit_share(self) -> float | None:
        """Of the requests whose prompt came before: how many the exact cache knew."""
        return self.repeat_hits / self.repeats if self.repeats else None

    @property
    def prefix_hit_share(self) -> float | None:
        """Of the turns that continue a conversation: of how many an earlier turn was known."""
        return self.prefixes_found / self.continued if self.continued else None

    @property
    def provider_cached_share(self) -> float | None:
        """Of the input tokens: how many the provider had in its cache, where it said so."""
        if not self.reported_input_tokens:
            return None
        return self.reported_cached_tokens / self.reported_input_tokens

    @property
    def unpriced(self) -> int:
        return self.requests - self.priced

    @property
    def reconciled_share(self) -> float | None:
        return self.reconciled / self.requests if self.requests else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """One point in time of the charts."""

    start: datetime
    requests: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    gross_usd: Decimal | None = None
    net_usd: Decimal | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Ratios:
    """How much of the optimized prompts was sent. `values` holds every ratio where they are few."""

    bins: tuple[int, ...]
    grew: int
    median: float | None
    values: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        return sum(self.bins) + self.grew


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How much of what compressed texts said was left, over the requests where that was scored."""

    bins: tuple[int, ...]
    median: float | None
    unscored: int

    @property
    def count(self) -> int:
        return sum(self.bins)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that comes from one reading of a window."""

    totals: Totals
    buckets: list[Bucket]
    ratios: Ratios
    faithfulness: Faithfulness
    why_nots: Mapping[WhyNot, int]


def figures_of(selection: Selection, window: Window) -> Figures:
    """The figures of the window and of all its buckets, oldest first; those without requests are empty."""
    rows = sums(selection, window.stretch, ("bucket",))
    found = {row["bucket"]: _bucket(row) for row in rows}
    return Figures(
        totals_of(rows),
        [found.get(start, Bucket(start)) for start in window.bucket_starts()],
        _ratios(rows),
        _faithfulness(rows),
        why_nots_of(rows),
    )


def totals(selection: Selection, window: Window) -> Totals:
    """The figures of a window as a whole."""
    rows = sums(selection, window.stretch, measures=_TOTALS)
    return totals_of([row for row in rows if row["requests"]])


def totals_of(rows: Sequence[Row]) -> Totals:
    """The figures of all rows together."""
    counts = {name: sum(row[name] for row in rows) for name in _COUNTS}
    money: dict[str, Any] = dict.fromkeys(_MONEY)
    if counts["priced"]:
        money = {name: sum((row[name] for row in rows), Decimal()) for name in _MONEY}
    fallbacks = counts.pop("optimized_fallbacks")
    p95_ms = latency_percentile(_added(rows, "latencies", LATENCY_BINS), 0.95, *_latency_ends(rows))
    return Totals(**counts, **money, fallbacks=fallbacks, p95_ms=p95_ms)


def ratio_values(traces: TraceRows) -> tuple[float, ...]:
    """Each ratio of these traces, which must be few."""
    optimized = traces.exclude(route="bypass").filter(tokens_before__gt=0)
    return tuple(after / before for after, before in optimized.values_list("tokens_after", "tokens_before"))


def fallback_reasons(rows: Iterable[Row], max_reasons: int = 3) -> list[tuple[str, int]]:
    """The most frequent reasons of fallbacks."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["fallback_reason"]] += row["optimized_fallbacks"]
    ranked = sorted((+counts).items(), key=lambda found: (-found[1], found[0]))
    return [(reason or "no reason given", count) for reason, count in ranked[:max_reasons]]


def why_nots_of(rows: Sequence[Row]) -> dict[WhyNot, int]:
    """How many requests were not made smaller for each reason, the most frequent first."""
    counts = zip(WhyNot, _added(rows, "why_nots", WHY_NOT_BINS), strict=False)
    return dict(sorted(((reason, count) for reason, count in counts if count), key=lambda found: -found[1]))


def _bucket(row: Row) -> Bucket:
    ends = _latency_ends([row])
    p50, p95, p99 = (latency_percentile(row["latencies"], share, *ends) for share in (0.5, 0.95, 0.99))
    return Bucket(
        start=row["bucket"],
        requests=row["requests"],
        tokens_before=row["tokens_before"],
        tokens_after=row["tokens_after"],
        gross_usd=row["gross_usd"] if row["priced"] else None,
        net_usd=row["net_usd"] if row["priced"] else None,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )


def _ratios(rows: Sequence[Row]) -> Ratios:
    bins = _added(rows, "ratios", RATIO_BINS)
    # Where in the last bin a prompt that grew stands is not known: at its start.
    median = percentile(bins, [*SHARE_EDGES, (1.0, 1.0)], 0.5)
    return Ratios(tuple(bins[:-1]), bins[-1], median)


def _faithfulness(rows: Sequence[Row]) -> Faithfulness:
    bins = _added(rows, "faithfulness", SHARE_BINS)
    unscored = sum(row["requests"] for row in rows) - sum(bins)
    return Faithfulness(tuple(bins), percentile(bins, SHARE_EDGES, 0.5), unscored)


def _added(rows: Sequence[Row], name: str, bins: int) -> list[int]:
    return added((row[name] for row in rows), bins)


def _latency_ends(rows: Sequence[Row]) -> tuple[float | None, float | None]:
    """The least and the most of the added latencies."""
    least = [row["min_latency_ms"] for row in rows if row["min_latency_ms"] is not None]
    most = [row["max_latency_ms"] for row in rows if row["max_latency_ms"] is not None]
    return min(least, default=None), max(most, default=None)
