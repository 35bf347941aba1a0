"""How numbers read, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.numbers import formats as numbers
from dashboard.templatetags import numbers as filters

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (56551, "56,551"), (-1234, "−1,234")])
def test_exact(count: int, text: str) -> None:
    assert numbers.exact(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00k"),
        (1234, "1.23k"),
        (12_345, "12.3k"),
        (123_456, "123k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (84_112_000, "84.1M"),
        (-41_000, "−41.0k"),
        (2_500_000_000, "2.50B"),
    ],
)
def test_short(count: int, text: str) -> None:
    assert numbers.short(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 kB"),
        (12_700, "12.4 kB"),
        (50 * 1024**2, "50.0 MB"),
        (1023 * 1024**2, "1.00 GB"),
        (5 * 1024**4, "5,120 GB"),
    ],
)
def test_file_size(count: int, text: str) -> None:
    assert numbers.file_size(count) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        ("0", "$0.00"),
        ("412.181", "$412.18"),
        ("1204.105", "$1,204.11"),
        ("0.0412", "$0.0412"),
        ("0.99996", "$1.00"),
        ("0.00005", "$0.0001"),
        ("0.00001", "$0.00001"),
        ("-0.0000384", "−$0.00004"),
        ("0.000000001", "$0.000000001"),
        ("-0.0758", "−$0.0758"),
        ("-12.5", "−$12.50"),
    ],
)
def test_money(dollars: str, text: str) -> None:
    assert numbers.money(Decimal(dollars)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (0.0001, "0.01%"),
        (-0.00000042, "−0.00004%"),
        (0.008, "0.8%"),
        (0.0994, "9.9%"),
        (0.0996, "10%"),
        (0.61, "61%"),
        (0.995, "99.5%"),
        (0.9999, "99.9%"),
        (0.99999999, "99.9%"),
        (1, "100%"),
        (-0.034, "−3.4%"),
        (12.5, "1,250%"),
    ],
)
def test_percent(share: float, text: str) -> None:
    assert numbers.percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (0.01, "<0.1 ms"),
        (0.42, "0.4 ms"),
        (9.96, "10 ms"),
        (38.2, "38 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (1240, "1.24 s"),
        (61_500, "61.5 s"),
        (1_200_000, "1,200 s"),
    ],
)
def test_milliseconds(value: float, text: str) -> None:
    assert numbers.milliseconds(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (-5, "just now"),
        (12, "12 s ago"),
        (200, "3 min ago"),
        (7200, "2 h ago"),
        (86_400, "1 day ago"),
        (200_000, "2 days ago"),
    ],
)
def test_ago(seconds: int, text: str) -> None:
    assert numbers.ago(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (392, 0, "−100%"),
        (744, 210, "−72%"),
        (48_000, 12, "−99.9%"),
        (100, 103, "+3.0%"),
        (40, 40, "0%"),
        (0, 12, "new"),
        (0, 0, "0%"),
    ],
)
def test_cut_percent(before: int, after: int, text: str) -> None:
    assert numbers.cut_percent(before, after) == text


def test_age_texts_are_those_of_ages() -> None:
    listed = numbers.age_texts()
    for seconds in (0, 9, 10, 59, 60, 119, 3_599, 3_600, 86_399, 86_400, 5_000_000):
        text = [text for start, text in listed if start <= seconds][-1]
        assert text == numbers.ago(NOW - timedelta(seconds=seconds), NOW)
    assert listed == sorted(listed)


def test_filters_write_a_dash_for_what_is_not_known() -> None:
    writers = (filters.exact, filters.short, filters.money, filters.percent, filters.milliseconds)
    assert {write(None) for write in writers} == {"–"}


def test_absolute_money_drops_the_sign() -> None:
    assert filters.absolute_money(Decimal("-0.5")) == "$0.5000"
