"""Receipt: what a request was billed, what it would have been billed without us, and the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from optimizer_app.receipts.bill import Bill, BillLine, usd_text
from optimizer_app.receipts.rules import RuleSaving

_MONEY = ("gross_usd", "net_usd", "cache_effect_usd", "breakpoints_usd", "read_back_usd", "retrieval_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receipt of one request. Money is None where it cannot be known.

    net = gross - cache effect + breakpoints - reading back. `retrieval_usd` is what passages of stored
    documents cost that were put in, at list price; it is in the bill, and so in the net.
    `is_simulated`: what the original would have had in the provider's cache was simulated, and not guessed
    by what was billed. `tokens_per_counted` is how many tokens the provider counts for each of ours.
    """

    billed: Bill
    is_estimated: bool = False
    without_us: Bill | None = None
    is_simulated: bool = False
    tokens_per_counted: float = 1.0
    gross_usd: Decimal | None = None
    net_usd: Decimal | None = None
    cache_effect_usd: Decimal | None = None
    breakpoints_usd: Decimal | None = None
    read_back_usd: Decimal | None = None
    retrieval_usd: Decimal | None = None
    rules: Sequence[RuleSaving] = ()

    def as_dict(self) -> dict[str, Any]:
        """The receipt as a trace keeps it."""
        return {
            "billed": [line.as_dict() for line in self.billed.lines],
            "is_estimated": self.is_estimated,
            "without_us": None if self.without_us is None else [x.as_dict() for x in self.without_us.lines],
            "is_simulated": self.is_simulated,
            "tokens_per_counted": round(self.tokens_per_counted, 6),
            **{name: _text(getattr(self, name)) for name in _MONEY},
            "rules": [saving.as_dict() for saving in self.rules],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The receipt of a trace."""
        without_us = kept["without_us"]
        return cls(
            billed=_bill(kept["billed"]),
            is_estimated=kept["is_estimated"],
            without_us=None if without_us is None else _bill(without_us),
            is_simulated=kept["is_simulated"],
            tokens_per_counted=kept["tokens_per_counted"],
            **{name: None if kept[name] is None else Decimal(kept[name]) for name in _MONEY},
            rules=tuple(map(RuleSaving.from_dict, kept["rules"])),
        )


def _bill(lines: Sequence[Any]) -> Bill:
    return Bill(tuple(map(BillLine.from_dict, lines)))


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else usd_text(usd)
