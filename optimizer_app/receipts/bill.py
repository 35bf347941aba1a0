"""A bill: what a provider asks for each kind of token of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Self

from optimizer_app.optimize.usage import Usage
from optimizer_app.prices.entries import Entry
from optimizer_app.prices.units import UnitPrices, unit_prices

LineKind = Literal["input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning"]
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class BillLine:
    """Tokens of one kind at their price. Those of `reasoning` are part of the output, and counted there."""

    kind: LineKind
    tokens: int
    usd_per_million: Decimal

    @property
    def usd(self) -> Decimal:
        return self.tokens * self.usd_per_million / _MILLION

    @property
    def is_part(self) -> bool:
        """Whether the line only says what is in another one."""
        return self.kind == "reasoning"

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON has it: money as a text, so that no digit is lost."""
        return {
            "kind": self.kind,
            "tokens": self.tokens,
            "usd_per_million": usd_text(self.usd_per_million),
            "usd": usd_text(self.usd),
        }

    @classmethod
    def from_dict(cls, line: Any) -> Self:
        return cls(line["kind"], line["tokens"], Decimal(line["usd_per_million"]))


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of all calls of a request, none of which is empty."""

    lines: Sequence[BillLine] = ()

    @property
    def usd(self) -> Decimal:
        return sum((line.usd for line in self.lines if not line.is_part), Decimal(0))

    @property
    def input_usd(self) -> Decimal:
        outputs = ("output", "reasoning")
        return sum((line.usd for line in self.lines if line.kind not in outputs), Decimal(0))

    @property
    def output_usd(self) -> Decimal:
        return self.usd - self.input_usd

    def __add__(self, other: Bill) -> Bill:
        """Both bills as one; lines of one kind and price are added."""
        tokens: dict[tuple[LineKind, Decimal], int] = {}
        for line in (*self.lines, *other.lines):
            key = line.kind, line.usd_per_million
            tokens[key] = tokens.get(key, 0) + line.tokens
        return Bill(tuple(BillLine(kind, count, price) for (kind, price), count in tokens.items()))


def bill_of(entry: Entry, usage: Usage, at: datetime | None = None) -> Bill:
    """What a call is billed at the entry's prices. Numbers that do not add up are bounded by the input."""
    billed = usage.input_tokens or 0
    read = min(usage.cached_tokens or 0, billed)
    written = min(usage.cache_write_tokens or 0, billed - read)
    written_1h = min(usage.cache_write_1h_tokens or 0, written)
    output = usage.output_tokens or 0
    prices = unit_prices(entry, billed, at)
    tokens: dict[LineKind, int] = {
        "input": billed - read - written,
        "cache_read": read,
        "cache_write": written - written_1h,
        "cache_write_1h": written_1h,
        "output": output,
        "reasoning": min(usage.reasoning_tokens or 0, output),
    }
    return Bill(tuple(BillLine(kind, count, _price(prices, kind)) for kind, count in tokens.items() if count))


def usd_text(usd: Decimal) -> str:
    """Money as JSON has it: to a millionth of a millionth, without an exponent or zeros at its end."""
    return f"{round(usd, 12).normalize():f}"


def _price(prices: UnitPrices, kind: LineKind) -> Decimal:
    found: Decimal = getattr(prices, f"{'output' if kind == 'reasoning' else kind}_usd")
    return found
