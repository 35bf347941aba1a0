"""What the live version and that of a share came to since the share began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from optimizer_app.models import ConfigShare
from optimizer_app.rollups.histograms import LATENCY_BINS, added, latency_percentile
from optimizer_app.rollups.reading import Selection, Stretch, sums

_COUNTS = ("requests", "tokens_before", "tokens_after", "priced", "fallbacks")
_MEASURES = (*_COUNTS, "net_usd", "min_latency_ms", "max_latency_ms", "latencies")


@dataclass(frozen=True, slots=True)
class SideFigures:
    """One version's optimized requests. Money is that of the requests for which all of it is known, and
    percentiles come from bins, within a tenth of the value."""

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
    """Of the live version and of the share's, in one reading."""
    config = share.config
    selection = Selection((config.project_id,), config_name=config.name)
    stretch = Stretch(share.started_at, share.ended_at or timezone.now())
    rows = sums(selection, stretch, ("config_version", "route"), _MEASURES)
    optimized = [row for row in rows if row["route"] != "bypass"]
    live, shared = (
        _side(version, [row for row in optimized if row["config_version"] == version])
        for version in (share.base_version, share.version.number)
    )
    return live, shared


def _side(version: int, rows: Sequence[Mapping[str, Any]]) -> SideFigures:
    if not rows:
        return SideFigures(version)
    counts = {name: sum(row[name] for row in rows) for name in _COUNTS}
    net_usd = sum((row["net_usd"] for row in rows), Decimal()) if counts["priced"] else None
    bins = added((row["latencies"] for row in rows), LATENCY_BINS)
    ends = min(row["min_latency_ms"] for row in rows), max(row["max_latency_ms"] for row in rows)
    p50, p95 = (latency_percentile(bins, part, *ends) for part in (0.5, 0.95))
    return SideFigures(version, **counts, net_usd=net_usd, percentiles_ms=(p50, p95))
