"""What requests were billed, and what was saved: by key, tag, model, provider, day or rule.

Net = gross - cache effect + breakpoints - reading back. By rule, what tools brought that were called again is
taken off as well: a request does not tell whether they would have been called twice without us.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from optimizer_app.models import ApiKey
from optimizer_app.rollups.cuts import CUTS
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.spans import DAY

By = Literal["key", "tag", "model", "provider", "day"]
_COLUMNS: Mapping[By, str] = {
    "key": "api_key_id", "tag": "tag", "model": "model", "provider": "provider", "day": "bucket",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spend:
    """The money of some requests, in US dollars. `priced` of them have all of it; `billed_usd` is the bill of
    all whose bill is known."""

    requests: int = 0
    priced: int = 0
    billed_usd: Decimal = Decimal(0)
    without_us_usd: Decimal = Decimal(0)
    gross_usd: Decimal = Decimal(0)
    breakpoints_usd: Decimal = Decimal(0)
    read_back_usd: Decimal = Decimal(0)
    net_usd: Decimal = Decimal(0)

    @property
    def cache_effect_usd(self) -> Decimal:
        """What of the gross saving the provider's cache would have discounted anyway."""
        return self.gross_usd + self.breakpoints_usd - self.read_back_usd - self.net_usd

    @property
    def saved_share(self) -> float | None:
        """The net saving, as a share of what would have been billed without us."""
        return float(self.net_usd / self.without_us_usd) if self.without_us_usd else None

    def __add__(self, other: Spend) -> Spend:
        return Spend(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))


MEASURES = tuple(item.name for item in fields(Spend))


@dataclass(frozen=True, slots=True)
class SpendRow:
    """The money of the requests of one key, tag, model, provider or day: its `value`, as people know it."""

    value: str
    spend: Spend


@dataclass(frozen=True, slots=True)
class RuleSpend:
    """What one rule saved: `tokens` are those that it cut from what was new."""

    rule: str
    tokens: int
    gross_usd: Decimal
    read_back_usd: Decimal
    re_read_usd: Decimal
    net_usd: Decimal

    @property
    def cache_effect_usd(self) -> Decimal:
        """What the cache, and breakpoints of ours in it, do to the gross saving."""
        return self.gross_usd - self.read_back_usd - self.re_read_usd - self.net_usd


def spend_by(selection: Selection, stretch: Stretch, by: By) -> list[SpendRow]:
    """The rows of the requests, the dearest first; days in order."""
    column = _COLUMNS[by]
    over = Stretch(stretch.start, stretch.end, DAY) if by == "day" else stretch
    found = sums(selection, over, (column,), MEASURES)
    names = _names(row[column] for row in found) if by == "key" else {}
    rows = [SpendRow(_value(row[column], names), spend_of(row)) for row in found]
    return rows if by == "day" else dearest_first(rows)


def dearest_first(rows: Iterable[SpendRow]) -> list[SpendRow]:
    """The rows by what was billed."""
    return sorted(rows, key=lambda row: (-row.spend.billed_usd, row.value))


def total_of(rows: Iterable[SpendRow]) -> Spend:
    """The money of all rows."""
    return sum((row.spend for row in rows), Spend())


def spend_by_rule(selection: Selection, stretch: Stretch) -> list[RuleSpend]:
    """What each rule saved, the most first."""
    money = ("cut", "gross_usd", "read_back_usd", "re_read_usd", "net_usd")
    rows = sums(selection, stretch, ("rule",), money, CUTS)
    return sorted((RuleSpend(*row.values()) for row in rows), key=lambda row: (-row.net_usd, row.rule))


def spend_of(row: Mapping[str, Any]) -> Spend:
    """The money of a row of sums."""
    return Spend(**{name: row[name] for name in MEASURES})


def _names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    keys = ApiKey.objects.filter(pk__in=[pk for pk in ids if pk])
    return {key.pk: str(key) for key in keys}


def _value(value: Any, names: Mapping[uuid.UUID, str]) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, uuid.UUID):
        return names.get(value, str(value))
    return value or ""
