"""What the live version and that of a share came to since the share began, by the traces of both."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, FloatField, Q, Sum

from optimizer_app.models import ConfigShare, RequestTrace
from optimizer_app.models.traces.trace import RequestTraceQuerySet


class _Percentiles(Aggregate):
    """P50 and P95 of a column, in one pass."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


@dataclass(frozen=True, slots=True)
class SideFigures:
    """One version's optimized requests. Money is that of the requests for which all of it is known."""

    version: int
    requests: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    priced: int = 0
    net_usd: Decimal | None = None
    fallbacks: int = 0
    percentiles_ms: tuple[float | None, float | None] = (None, None)

    @property
    def p50_ms(self) -> float | None:
        return self.percentiles_ms[0]

    @property
    def p95_ms(self) -> float | None:
        return self.percentiles_ms[1]

    @property
    def cut_share(self) -> float | None:
        return (self.tokens_before - self.tokens_after) / self.tokens_before if self.tokens_before else None

    @property
    def net_usd_per_request(self) -> Decimal | None:
        return self.net_usd / self.priced if self.net_usd is not None and self.priced else None

    @property
    def fallback_share(self) -> float | None:
        return self.fallbacks / self.requests if self.requests else None


def sides_of(share: ConfigShare) -> tuple[SideFigures, SideFigures]:
    """Of the live version and of the share's, in one query."""
    priced = Q(gross_usd__isnull=False, net_usd__isnull=False)
    rows = (
        _traces(share)
        .order_by()
        .values_list("config_version")
        .annotate(
            requests=Count("id"),
            before=Sum("tokens_before"),
            after=Sum("tokens_after"),
            priced=Count("id", filter=priced),
            net=Sum("net_usd", filter=priced),
            fallbacks=Count("id", filter=Q(fallback_used=True)),
            latency=_Percentiles("latency_ms"),
        )
    )
    found = {figures.version: figures for figures in (SideFigures(*row) for row in rows)}
    live, shared = share.base_version, share.version.number
    return found.get(live, SideFigures(live)), found.get(shared, SideFigures(shared))


def _traces(share: ConfigShare) -> RequestTraceQuerySet:
    """The requests that either version served while the share ran."""
    versions = (share.base_version, share.version.number)
    traces = RequestTrace.objects.since(share.started_at).filter(
        project=share.config.project_id, config_name=share.config.name, config_version__in=versions
    )
    found = traces.filter(created_at__lte=share.ended_at) if share.ended_at else traces
    return found.exclude(route="bypass")
