"""The value axis of a chart: a few round marks around the values, each with its text.

Texts are those of `formats` without spare zeros, since a mark is round: $0.02 for $0.0200, 50M for 50.0M.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

MAX_STEPS = 5
_ROUND = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_SPARE_ZEROS = re.compile(r"(\.\d*?)0+(?!\d)")


@dataclass(frozen=True, slots=True)
class Mark:
    value: Decimal
    text: str


def axis_marks(
    values: Iterable[float | Decimal | None], write: Callable[[Decimal], str], min_step: Decimal
) -> list[Mark]:
    """Marks from the lowest value or 0 to the highest value or 0, at least one step apart."""
    known = [Decimal(str(value)) for value in values if value is not None]
    low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
    step = max(_round_step((high - low) / MAX_STEPS), min_step)
    first, last = _floor(low / step), max(-_floor(-high / step), 1 if low == 0 else 0)
    marks = (step * number for number in range(first, last + 1))
    return [Mark(mark, _without_spare_zeros(write(mark))) for mark in marks]


def _round_step(size: Decimal) -> Decimal:
    """The smallest of 1, 2, 5 times a power of ten that is not below the size."""
    if not size:
        return Decimal(0)
    power = Decimal(10) ** size.adjusted()
    return next(factor * power for factor in _ROUND if factor * power >= size)


def _floor(value: Decimal) -> int:
    return int(value.to_integral_value(rounding="ROUND_FLOOR"))


def _without_spare_zeros(text: str) -> str:
    return _SPARE_ZEROS.sub(lambda found: found[1].rstrip("."), text)
