"""Cells of CSV files, as spreadsheets read them."""

from __future__ import annotations

from decimal import Decimal

from dashboard.shell.csv_file import csv_response


def test_money_has_no_exponent() -> None:
    answer = csv_response("money.csv", ("net_usd",), [(Decimal("0E-9"),), (Decimal("5E-7"),)])
    assert answer.content.decode().splitlines() == ["net_usd", "0.000000000", "0.0000005"]
