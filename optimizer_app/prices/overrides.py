"""Prices of one's own: they hold from the next request that is stored, and change no earlier one."""

from __future__ import annotations

from django.contrib.auth.models import User

from optimizer_app.models import PriceOverride
from optimizer_app.prices.entries import PRICE_NAMES, ModelPrices


def set_override(model: str, prices: ModelPrices, by: User | None) -> PriceOverride:
    """The model costs this from now on."""
    values = {name: getattr(prices, name) for name in PRICE_NAMES} | {"set_by": by}
    return PriceOverride.objects.update_or_create(model=model, defaults=values)[0]


def remove_override(model: str) -> bool:
    """The known price holds again, where there is one; whether there was an override."""
    return PriceOverride.objects.filter(model=model).delete()[0] > 0
