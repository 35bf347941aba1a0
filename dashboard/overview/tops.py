"""What saved most: projects, or the keys of one project, each as a bar of its gross with its net in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard.numbers.formats import money, short

MAX_BARS = 10
MEASURES = ("requests", "priced", "tokens_before", "tokens_after", "gross_usd", "net_usd")
_MIN_WIDTH = 0.5

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Top:
    """A bar, in percent of the plot. `filter_value` leads to its requests, empty where that is no filter."""

    label: str
    value: str
    filter_value: str
    is_negative: bool
    outline_x: float
    outline_width: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class _Saved:
    net: Decimal
    gross: Decimal


def tops_of(rows: Iterable[Row], dimension: str, labels: Mapping[Any, str]) -> list[Top]:
    """The values of the dimension that saved most, in dollars where any are known, else in tokens; the rest
    together is the last one."""
    given = [row for row in rows if row["requests"]]
    in_dollars = any(row["priced"] for row in given)
    saved: dict[Any, _Saved] = {}
    for row in given:
        before = saved.get(row[dimension], _Saved(Decimal(), Decimal()))
        saved[row[dimension]] = _and(before, _saved(row, in_dollars=in_dollars))
    ranked = sorted(saved.items(), key=lambda found: (-found[1].net, labels.get(found[0], "")))
    shown = [(labels.get(value, "no key"), str(value or ""), amount) for value, amount in ranked[:MAX_BARS]]
    if rest := ranked[MAX_BARS:]:
        together = _Saved(Decimal(), Decimal())
        for _, amount in rest:
            together = _and(together, amount)
        shown.append((f"{len(rest)} more", "", together))
    return _bars(shown, in_dollars=in_dollars)


def _saved(row: Row, *, in_dollars: bool) -> _Saved:
    if in_dollars:
        return _Saved(row["net_usd"], row["gross_usd"])
    tokens = Decimal(row["tokens_before"] - row["tokens_after"])
    return _Saved(tokens, tokens)


def _and(first: _Saved, second: _Saved) -> _Saved:
    return _Saved(first.net + second.net, first.gross + second.gross)


def _bars(shown: list[tuple[str, str, _Saved]], *, in_dollars: bool) -> list[Top]:
    """Bars from one zero: what lost money goes to the left of it."""
    amounts = [amount for *_, found in shown for amount in (found.net, found.gross)]
    low, high = min((*amounts, Decimal())), max((*amounts, Decimal()))
    scale = float(100 / (high - low)) if high > low else 0.0
    zero = float(-low) * scale

    def stretch(amount: Decimal) -> tuple[float, float]:
        width = max(abs(float(amount)) * scale, _MIN_WIDTH)
        return round(min(max(zero - width if amount < 0 else zero, 0), 100 - _MIN_WIDTH), 3), round(width, 3)

    return [
        Top(
            label,
            money(found.net) if in_dollars else short(int(found.net)),
            value,
            found.net < 0,
            *stretch(found.gross),
            *stretch(found.net),
        )
        for label, value, found in shown
    ]
