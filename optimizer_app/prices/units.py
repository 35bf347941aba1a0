"""What each kind of token costs in a prompt of a given length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from genai_prices.types import TieredPrices

from optimizer_app.prices.entries import Entry

_Price = Decimal | TieredPrices | None


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """US dollars a million tokens. What has no price of its own costs as what it is a kind of does."""

    input_usd: Decimal
    cache_read_usd: Decimal
    cache_write_usd: Decimal
    cache_write_1h_usd: Decimal
    output_usd: Decimal


def unit_prices(entry: Entry, prompt_tokens: int, at: datetime | None = None) -> UnitPrices:
    """The prices of the entry for a prompt of so many tokens, sent `at` a time."""
    found: Mapping[str, _Price] = vars(entry[1].get_prices(at or timezone.now()))

    def price(name: str, otherwise: Decimal) -> Decimal:
        return _for_length(found.get(f"{name}_mtok"), prompt_tokens, otherwise)

    new = price("input", Decimal(0))
    write = price("cache_write", new)
    return UnitPrices(
        input_usd=new,
        cache_read_usd=price("cache_read", new),
        cache_write_usd=write,
        cache_write_1h_usd=price("cache_write_1h", write),
        output_usd=price("output", Decimal(0)),
    )


def _for_length(price: _Price, prompt_tokens: int, otherwise: Decimal) -> Decimal:
    if price is None:
        return otherwise
    if not isinstance(price, TieredPrices):
        return price
    passed = (tier.price for tier in reversed(price.tiers) if prompt_tokens > tier.start)
    return next(passed, price.base)
