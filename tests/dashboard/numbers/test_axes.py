"""The marks of value axes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dashboard.numbers.axes import MAX_STEPS, axis_marks
from dashboard.numbers.formats import milliseconds, money, short


def tokens(count: Decimal) -> str:
    return short(int(count))


@pytest.mark.parametrize(
    ("values", "write", "min_step", "texts"),
    [
        ([0, 123_456_789], tokens, 1, ["0", "50M", "100M", "150M"]),
        ([3, None], tokens, 1, ["0", "1", "2", "3"]),
        ([], tokens, 1, ["0", "1"]),
        ([Decimal("1234.5")], money, "0.0001", ["$0", "$500", "$1,000", "$1,500"]),
        ([Decimal("0.031")], money, "0.0001", ["$0", "$0.01", "$0.02", "$0.03", "$0.04"]),
        ([Decimal("0.166")], money, "0.0001", ["$0", "$0.05", "$0.10", "$0.15", "$0.20"]),
        ([Decimal("0.00001")], money, "0.0001", ["$0", "$0.0001"]),
        (
            [-0.3, 0.5],
            money,
            "0.0001",
            ["−$0.40", "−$0.20", "$0", "$0.20", "$0.40", "$0.60"],
        ),
        ([Decimal(-3)], money, "0.0001", ["−$3", "−$2", "−$1", "$0"]),
        ([38.2, 1240], milliseconds, "0.1", ["0 ms", "500 ms", "1.0 s", "1.5 s"]),
        ([0.24], milliseconds, "0.1", ["0 ms", "0.1 ms", "0.2 ms", "0.3 ms"]),
    ],
)
def test_marks(values: list[Any], write: Callable[[Decimal], str], min_step: Any, texts: list[str]) -> None:
    assert [mark.text for mark in axis_marks(values, write, Decimal(min_step))] == texts


@pytest.mark.parametrize("top", [1, 7, 9.99, 10, 99.9, 101, 12_345.678, 9e12])
def test_marks_surround_the_values_and_are_few(top: float) -> None:
    marks = axis_marks([top / 3, -top / 7, top], money, Decimal("0.0001"))
    assert marks[0].value <= Decimal(str(-top / 7))
    assert marks[-1].value >= Decimal(str(top))
    assert len(marks) <= MAX_STEPS + 3
