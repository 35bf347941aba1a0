"""The value axis of a chart: a few round marks around the values, each with its text.

Texts are those of `formats` with as many decimals as the axis needs, since marks are round:
$0.05 and $0.10 for $0.0500 and $0.1000, 50M for 50.0M.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

MAX_STEPS = 5
_ROUND = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_NUMBER = re.compile(r"(?P<whole>\d[\d,]*)(?:\.(?P<decimals>\d+))?")


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
    marks = [step * number for number in range(first, last + 1)]
    texts = [write(mark) for mark in marks]
    needed: defaultdict[str, int] = defaultdict(int)
    for text in texts:
        needed[_unit(text)] = max(needed[_unit(text)], _needed_decimals(text))
    return [
        Mark(mark, _with_decimals(text, needed[_unit(text)] if mark else 0))
        for mark, text in zip(marks, texts, strict=True)
    ]


def _round_step(size: Decimal) -> Decimal:
    """The smallest of 1, 2, 5 times a power of ten that is not below the size."""
    if not size:
        return Decimal(0)
    power = Decimal(10) ** size.adjusted()
    return next(factor * power for factor in _ROUND if factor * power >= size)


def _floor(value: Decimal) -> int:
    return int(value.to_integral_value(rounding="ROUND_FLOOR"))


def _unit(text: str) -> str:
    return _NUMBER.sub("", text).lstrip("−")


def _decimals(text: str) -> str:
    found = _NUMBER.search(text)
    return (found["decimals"] or "") if found else ""


def _needed_decimals(text: str) -> int:
    """As many as tell the number; dollars have none or cents."""
    count = len(_decimals(text).rstrip("0"))
    return 2 if count == 1 and _unit(text) == "$" else count


def _with_decimals(text: str, count: int) -> str:
    """The first `count` of a number's decimals; it has as many or more."""
    return _NUMBER.sub(lambda found: f"{found['whole']}.{_decimals(text)[:count]}".rstrip("."), text)
