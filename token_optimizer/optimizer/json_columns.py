"""What the rows of a JSON table have in their columns: ranges of numbers and dates, counts of few values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from token_optimizer.optimizer.json_tree import Node, Number

_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?)?\Z")
_MOST_VALUES = 40
# Beyond so many times the middle half's width a value is outlying: Tukey's far fences.
_FENCE = 3.0
_LEAST_FENCED = 12

Order = float | str


@dataclass(frozen=True, slots=True)
class Column:
    """One key of the rows. `orders` are numbers or dates by row, None where the row has neither; `counts` has
    the values with how often they stand, and is empty where they are many."""

    key: str
    orders: list[Order | None]
    counts: Counter[str]
    texts: list[str]

    def extremes(self) -> tuple[int, int] | None:
        """The rows of the least and of the greatest value."""
        known = [index for index, order in enumerate(self.orders) if order is not None]
        if len(known) < 2:
            return None
        return min(known, key=self._order), max(known, key=self._order)

    def outliers(self) -> list[int]:
        """The rows whose number lies far outside of what most have."""
        known = sorted(order for order in self.orders if isinstance(order, float))
        if len(known) < _LEAST_FENCED:
            return []
        low, high = known[len(known) // 4], known[-1 - len(known) // 4]
        reach = _FENCE * (high - low)
        return [
            index
            for index, order in enumerate(self.orders)
            if isinstance(order, float) and not low - reach <= order <= high + reach
        ]

    def _order(self, index: int) -> Order:
        order = self.orders[index]
        return order if order is not None else 0.0


def columns_of(rows: Sequence[Node]) -> list[Column]:
    """The columns with scalars that the rows have."""
    keys = dict.fromkeys(key for row in rows for key in row.value)
    return [_column(key, [row.value.get(key, ()) for row in rows]) for key in keys]


def scalar_text(value: object) -> str:
    """A scalar as JSON has it, strings without their quotes; empty for what is none."""
    if isinstance(value, str):
        return value
    return (
        {None: "null", True: "true", False: "false"}[value] if value is None or value in (True, False) else ""
    )


def _column(key: str, values: list[object]) -> Column:
    texts = ["" if isinstance(value, dict | list | tuple) else scalar_text(value) for value in values]
    counts = Counter(texts)
    few = len(counts) <= min(_MOST_VALUES, len(values) // 3)
    return Column(key, _orders(values), counts if few else Counter(), texts)


def _orders(values: list[object]) -> list[Order | None]:
    """Numbers where the column has some, else dates."""
    numbers: list[Order | None] = [_number(value) for value in values]
    if any(number is not None for number in numbers):
        return numbers
    return [
        value if isinstance(value, str) and len(value) <= 35 and _DATE.match(value) else None
        for value in values
    ]


def _number(value: object) -> float | None:
    if not isinstance(value, Number) or not value.lstrip("-")[:1].isdigit():
        return None
    return float(value)
