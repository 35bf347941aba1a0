"""The rows of the list of prices: those that a name narrows it to, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from optimizer_app.prices.listing import PricedModel

_ZERO = Decimal(0)
SORTS: dict[str, Callable[[PricedModel], Any]] = {
    "model": lambda row: row.model.lower(),
    "-requests": lambda row: -row.requests,
    "-input": lambda row: -(row.prices.input_usd or _ZERO) if row.prices else Decimal(1),
    "-output": lambda row: -(row.prices.output_usd or _ZERO) if row.prices else Decimal(1),
}


def listed(models: Iterable[PricedModel], *, name: str, sort: str) -> list[PricedModel]:
    """The models whose name has `name` in it; without a known `sort` in the list's own order."""
    found = [model for model in models if name.lower() in model.model.lower()]
    return sorted(found, key=SORTS[sort]) if sort in SORTS else found
