"""The models that requests name, with their prices and where these come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import ModelRules, PriceOverride
from optimizer_app.prices.entries import Entry, ModelPrices, entry_of, prices_of
from optimizer_app.prices.shown_rules import ShownRule, shown_rules


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
    rules: Sequence[ShownRule] = ()

    @property
    def has_own_rules(self) -> bool:
        return any(rule.is_set_here for rule in self.rules)

    @property
    def has_price(self) -> bool:
        return self.prices is not None


def price_list(traces: TraceRows) -> list[PricedModel]:
    """Models of these requests, or of which something was set: unpriced first, then the most used."""
    overrides = {row.model: row for row in PriceOverride.objects.select_related("set_by")}
    rules = {row.model: row for row in ModelRules.objects.all()}
    seen = _seen(traces)
    names = dict.fromkeys([*seen, *overrides, *rules])
    rows = [_priced(name, seen.get(name), overrides.get(name), rules.get(name)) for name in names]
    return sorted(rows, key=lambda row: (row.has_price, -row.requests, row.model))


def priced_model_named(model: str, traces: TraceRows) -> PricedModel:
    """One model, whether requests have named it or not."""
    override = PriceOverride.objects.select_related("set_by").filter(model=model).first()
    rules = ModelRules.objects.filter(model=model).first()
    return _priced(model, _seen(traces.filter(model=model)).get(model), override, rules)


def _seen(traces: TraceRows) -> dict[str, dict[str, Any]]:
    """How many requests named each model, and in which dialect most of them did."""
    rows = traces.exclude(model="").counts(("model", "dialect"), Q(gross_usd=None))
    found: dict[str, dict[str, Any]] = {}
    for model, dialect, (requests, unpriced) in sorted(rows, key=lambda row: -row[2][0]):
        known = found.setdefault(model, {"dialect": dialect, "requests": 0, "unpriced": 0})
        known["requests"] += requests
        known["unpriced"] += unpriced
    return found


def _priced(
    model: str, seen: dict[str, Any] | None, override: PriceOverride | None, rules: ModelRules | None
) -> PricedModel:
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
        shown_rules(model, dialect, rules),
    )


def _provider(entry: Entry | None) -> str:
    return entry[0].name if entry else ""
