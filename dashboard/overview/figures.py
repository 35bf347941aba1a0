"""What the overview counts: each figure in one place, with one meaning, from one query.

Sums are taken by PostgreSQL over the trace table, bounded by ids, so that older partitions are not read.
Money is summed only over requests whose gross and net are both known: only then is net gross less the
cache effect. Added latency, ratio and fallbacks leave out `bypass`, which the optimizer did not touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, F, FloatField, Func, IntegerField, Q, Sum
from django.db.models.functions import Cast

from dashboard.shell.window import Window
from dashboard.traces.conditions import ERROR, FAILED_STAGE, INTERRUPTED, NEGATIVE, OPTIMIZED, PRICED
from dashboard.traces.routes import ROUTES
from optimizer_app.models.trace import RequestTraceQuerySet

RATIO_BINS = 20
MIN_FOR_BINS = 20


class Percentiles(Aggregate):
    """P50, P95 and P99 of a column, in one pass."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of one window."""

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
    fallbacks: int
    p95_ms: float | None
    negative: int
    failed_stages: int
    errors: int
    interrupted: int
    to_look_at: int
    routes: dict[str, int]

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
    values: tuple[float, ...]

    @property
    def count(self) -> int:
        return sum(self.bins) + self.grew


def totals(traces: RequestTraceQuerySet) -> Totals:
    """All figures of the window in one query."""
    row = traces.order_by().aggregate(
        requests=Count("id"),
        optimized=Count("id", filter=OPTIMIZED),
        before=Sum("tokens_before", default=0),
        after=Sum("tokens_after", default=0),
        estimated=Count("id", filter=Q(tokens_estimated=True)),
        gross=Sum("gross_usd", filter=PRICED),
        net=Sum("net_usd", filter=PRICED),
        read_back=Sum("read_back_usd", filter=PRICED),
        priced=Count("id", filter=PRICED),
        reconciled=Count("usage_input_tokens"),
        fallbacks=Count("id", filter=OPTIMIZED & Q(fallback_used=True)),
        latency=Percentiles("latency_ms", filter=OPTIMIZED),
        negative=Count("id", filter=NEGATIVE),
        failed_stages=Count("id", filter=FAILED_STAGE),
        errors=Count("id", filter=ERROR),
        interrupted=Count("id", filter=INTERRUPTED),
        to_look_at=Count("id", filter=NEGATIVE | FAILED_STAGE | ERROR | INTERRUPTED),
        **{f"route_{number}": Count("id", filter=Q(route=name)) for number, name in enumerate(ROUTES)},
    )
    routes = {name: row.pop(f"route_{number}") for number, name in enumerate(ROUTES)}
    latency = row.pop("latency")
    # An aggregate may not bear the name of a column that another one filters by.
    named = {
        "tokens_before": "before",
        "tokens_after": "after",
        "gross_usd": "gross",
        "net_usd": "net",
        "read_back_usd": "read_back",
    }
    sums = {name: row.pop(alias) for name, alias in named.items()}
    return Totals(**sums, **row, p95_ms=latency[1] if latency else None, routes=routes)


def series(traces: RequestTraceQuerySet, window: Window) -> list[Bucket]:
    """The window's buckets, oldest first; those without requests are there, and empty."""
    seconds = int(window.step.total_seconds())
    rows = (
        traces.order_by()
        .annotate(bucket=_bucket_of("created_at", seconds))
        .values("bucket")
        .annotate(
            requests=Count("id"),
            before=Sum("tokens_before"),
            after=Sum("tokens_after"),
            gross=Sum("gross_usd", filter=PRICED),
            net=Sum("net_usd", filter=PRICED),
            latency=Percentiles("latency_ms", filter=OPTIMIZED),
        )
    )
    found = {row["bucket"]: _bucket(row, seconds) for row in rows}
    return [found.get(int(start.timestamp()) // seconds, Bucket(start)) for start in window.bucket_starts()]


def ratios(traces: RequestTraceQuerySet) -> Ratios:
    """The histogram of sent / before, in 20 bins and one for prompts that grew."""
    optimized = traces.order_by().filter(OPTIMIZED, tokens_before__gt=0)
    ratio = Cast("tokens_after", FloatField()) / Cast("tokens_before", FloatField())
    rows = (
        optimized.annotate(bin=Func(ratio * RATIO_BINS, function="CEIL", output_field=IntegerField()))
        .values("bin")
        .annotate(count=Count("id"))
        .values_list("bin", "count")
    )
    bins = [0] * RATIO_BINS
    grew = 0
    for number, count in rows:
        if number > RATIO_BINS:
            grew += count
        else:
            bins[max(number, 1) - 1] += count
    few = 0 < sum(bins) + grew < MIN_FOR_BINS
    values = tuple(optimized.annotate(ratio=ratio).values_list("ratio", flat=True)) if few else ()
    median = optimized.annotate(ratio=ratio).aggregate(median=Median("ratio"))["median"]
    return Ratios(tuple(bins), grew, median, values)


def fallback_reasons(traces: RequestTraceQuerySet, max_reasons: int = 3) -> list[tuple[str, int]]:
    """The most frequent reasons of the window's fallbacks."""
    rows = (
        traces.order_by()
        .filter(OPTIMIZED, fallback_used=True)
        .values("fallback_reason")
        .annotate(count=Count("id"))
        .order_by("-count", "fallback_reason")
    )
    return [(row["fallback_reason"] or "no reason given", row["count"]) for row in rows[:max_reasons]]


def _bucket_of(column: str, seconds: int) -> Func:
    return Func(
        F(column),
        template=f"FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {seconds})",
        output_field=IntegerField(),
    )


def _bucket(row: Mapping[str, Any], seconds: int) -> Bucket:
    p50, p95, p99 = row["latency"] or (None, None, None)
    return Bucket(
        start=datetime.fromtimestamp(row["bucket"] * seconds, UTC),
        requests=row["requests"],
        tokens_before=row["before"],
        tokens_after=row["after"],
        gross_usd=row["gross"],
        net_usd=row["net"],
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )
