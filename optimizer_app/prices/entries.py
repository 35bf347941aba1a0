"""A model's entry in the form of genai-prices, which does the sums: its own, or made of an override."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Provider, TieredPrices

from optimizer_app.models import PriceOverride
from token_optimizer.optimizer.conversation.cache_prices import priced_model
from token_optimizer.ports import CachePrices

Entry = tuple[Provider, ModelInfo]

_PER = 1_000_000
_KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
PRICE_NAMES = tuple(f"{kind}_usd" for kind in _KINDS)
_HERE = Provider(id="override", name="this instance", api_pattern="")


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """US dollars a million tokens; None: there is no price of its own. `tiered`: long prompts cost more."""

    input_usd: Decimal | None
    output_usd: Decimal | None
    cache_read_usd: Decimal | None
    cache_write_usd: Decimal | None
    cache_write_1h_usd: Decimal | None = None
    tiered: bool = False


def overrides_of(models: Iterable[str]) -> Mapping[str, PriceOverride]:
    """The overrides of those of the models that have one."""
    return PriceOverride.objects.in_bulk(set(models), field_name="model")


def entry_of(model: str, dialect: str, override: PriceOverride | None) -> Entry | None:
    """The entry by which requests are priced; None where no price is known."""
    return priced_model(model, dialect) if override is None else (_HERE, _entry(override))


def cache_prices_of(override: PriceOverride) -> CachePrices:
    """What cached and new input cost."""
    new = override.input_usd
    read, write, hour_write = (
        float(new if price is None else price) / _PER
        for price in (override.cache_read_usd, override.cache_write_usd, override.hour_write_usd)
    )
    return CachePrices(read, write, float(new) / _PER, hour_write)


def prices_of(entry: Entry, at: datetime | None = None) -> ModelPrices:
    """What the entry asks, for prompts of ordinary length where that makes a difference."""
    found: dict[str, Any] = vars(entry[1].get_prices(at or timezone.now()))
    prices = {name: found.get(f"{name}_mtok") for name in _KINDS}
    base = {f"{name}_usd": _base(price) for name, price in prices.items()}
    return ModelPrices(**base, tiered=any(isinstance(price, TieredPrices) for price in prices.values()))


def _base(price: Decimal | TieredPrices | None) -> Decimal | None:
    return price.base if isinstance(price, TieredPrices) else price


def _entry(override: PriceOverride) -> ModelInfo:
    prices = {
        "input_mtok": override.input_usd,
        "output_mtok": override.output_usd,
        "cache_read_mtok": override.cache_read_usd,
        "cache_write_mtok": override.cache_write_usd,
        "cache_write_1h_mtok": override.hour_write_usd,
    }
    known = {name: price for name, price in prices.items() if price is not None}
    return ModelInfo(override.model, ClauseEquals(override.model), prices=ModelPrice(**known))
