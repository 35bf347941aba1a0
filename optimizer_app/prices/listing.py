"""The models that requests name, with their prices and where these come from."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from optimizer_app.models import PriceOverride
from optimizer_app.models.traces.trace import RequestTraceQuerySet
from optimizer_app.prices.entries import Entry, ModelPrices, entry_of, prices_of
from optimizer_app.prices.file import price_file_date


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model of the list. `unpriced` counts its requests whose saving has no price."""

    model: str
    requests: int
    unpriced: int
    prices: ModelPrices | None
    listed: ModelPrices | None
    provider: str = ""
    override: PriceOverride | None = None

    @property
    def has_price(self) -> bool:
        return self.prices is not None


def source() -> str:
    """Where prices that nobody set come from."""
    date = price_file_date(settings.PRICES_FILE)
    return f"the price file of {date:%Y-%m-%d}" if date else f"genai-prices {version('genai-prices')}"


def price_list(traces: RequestTraceQuerySet) -> list[PricedModel]:
    """The models of these requests and those with an override: unpriced first, then the most used."""
    overrides = {row.model: row for row in PriceOverride.objects.select_related("set_by")}
    seen = _seen(traces)
    names = [*seen, *(name for name in overrides if name not in seen)]
    rows = [_priced(name, seen.get(name), overrides.get(name)) for name in names]
    return sorted(rows, key=lambda row: (row.has_price, -row.requests, row.model))


def priced_model_named(model: str, traces: RequestTraceQuerySet) -> PricedModel:
    """One model, whether requests have named it or not."""
    override = PriceOverride.objects.select_related("set_by").filter(model=model).first()
    return _priced(model, _seen(traces.filter(model=model)).get(model), override)


def _seen(traces: RequestTraceQuerySet) -> dict[str, dict[str, Any]]:
    """How many requests named each model, and in which dialect most of them did."""
    unpriced = Count("pk", filter=Q(gross_usd=None))
    rows = traces.exclude(model="").order_by().values("model", "dialect")
    found: dict[str, dict[str, Any]] = {}
    for row in rows.annotate(requests=Count("pk"), unpriced=unpriced).order_by("-requests"):
        known = found.setdefault(row["model"], {"dialect": row["dialect"], "requests": 0, "unpriced": 0})
        known["requests"] += row["requests"]
        known["unpriced"] += row["unpriced"]
    return found


def _priced(model: str, seen: dict[str, Any] | None, override: PriceOverride | None) -> PricedModel:
    dialect = seen["dialect"] if seen else ""
    known = entry_of(model, dialect, None)
    used = entry_of(model, dialect, override)
    return PricedModel(
        model,
        seen["requests"] if seen else 0,
        seen["unpriced"] if seen else 0,
        prices_of(used) if used else None,
        prices_of(known) if known else None,
        _provider(known),
        override,
    )


def _provider(entry: Entry | None) -> str:
    return entry[0].name if entry else ""
