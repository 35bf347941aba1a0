"""What saved most, as bars from one zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dashboard.overview.tops import tops_of


def row(key: str, net: str, gross: str, **fields: Any) -> dict[str, Any]:
    sums = {"requests": 1, "priced": 1, "tokens_before": 1000, "tokens_after": 400}
    return {"key": key, "net_usd": Decimal(net), "gross_usd": Decimal(gross), **sums, **fields}


def test_it_adds_up_and_ranks() -> None:
    rows = [row("a", "1", "2"), row("b", "3", "4"), row("a", "4", "5")]
    found = tops_of(rows, "key", {"a": "ci", "b": "web"})
    assert [(top.label, top.value, top.filter_value) for top in found] == [
        ("ci", "$5.00", "a"),
        ("web", "$3.00", "b"),
    ]
    assert (found[0].outline_width, found[0].x) == (100, 0)
    assert found[0].width == pytest.approx(5 / 7 * 100, abs=0.01)


def test_what_lost_money_goes_to_the_left_of_the_zero() -> None:
    gain, loss = tops_of([row("a", "3", "3"), row("b", "-1", "1")], "key", {})
    assert (gain.x, gain.width) == (25, 75)
    assert (loss.x, loss.width, loss.is_negative, loss.value) == (0, 25, True, "−$1.00")
    assert loss.outline_x == 25


def test_the_rest_is_one_bar() -> None:
    rows = [row(str(number), str(number), str(number)) for number in range(1, 13)]
    found = tops_of(rows, "key", {str(number): f"key {number}" for number in range(1, 13)})
    assert len(found) == 11
    assert (found[-1].label, found[-1].value, found[-1].filter_value) == ("2 more", "$3.00", "")


def test_without_prices_tokens_are_told() -> None:
    (found,) = tops_of([row("a", "0", "0", priced=0)], "key", {})
    assert (found.label, found.value, found.filter_value) == ("no key", "600", "a")
