"""The receipt on the page of a request: both sides of it, and the way from gross to net."""

from __future__ import annotations

from decimal import Decimal

from dashboard.request.receipt import shown_receipt
from dashboard.traces.headline import money_sentence
from optimizer_app.models import RequestTrace
from optimizer_app.receipts.bill import Bill, BillLine
from optimizer_app.receipts.receipt import Receipt


def bill(*lines: tuple[str, int, str]) -> Bill:
    return Bill(tuple(BillLine(kind, tokens, Decimal(usd)) for kind, tokens, usd in lines))  # type: ignore[arg-type]


def trace(dialect: str = "anthropic", **fields: object) -> RequestTrace:
    receipt = Receipt(
        billed=bill(("output", 40, "15"), ("input", 100, "3"), ("cache_read", 500, "0.3")),
        without_us=bill(("cache_write", 2000, "3.75"), ("output", 40, "15")),
        **fields,  # type: ignore[arg-type]
    )
    return RequestTrace(dialect=dialect, receipt=receipt.as_dict())


def test_each_kind_of_token_is_a_row_with_both_sides() -> None:
    shown = shown_receipt(trace())
    assert shown is not None
    rows = [(row.label, *(line and line.tokens for line in row.sides)) for row in shown.rows]

    assert rows == [
        ("New input", 100, None),
        ("Read from cache", 500, None),
        ("Written to cache, 5 min", None, 2000),
        ("Output", 40, 40),
    ]


def test_openai_has_one_lifetime() -> None:
    shown = shown_receipt(trace("openai"))
    assert shown is not None

    assert [row.label for row in shown.rows][2] == "Written to cache"


def test_the_steps_lead_from_gross_to_net() -> None:
    found = shown_receipt(
        trace(
            gross_usd=Decimal("0.02"),
            cache_effect_usd=Decimal("0.01"),
            breakpoints_usd=Decimal("-0.001"),
            read_back_usd=Decimal("0.002"),
            net_usd=Decimal("0.007"),
        )
    )
    assert found is not None

    assert [(step.sign, step.usd) for step in found.steps] == [
        ("", Decimal("0.02")),
        ("−", Decimal("0.01")),
        ("−", Decimal("0.001")),
        ("−", Decimal("0.002")),
    ]


def test_without_a_receipt_there_is_none() -> None:
    assert shown_receipt(RequestTrace()) is None


def test_the_headline_has_the_same_steps() -> None:
    found = trace(breakpoints_usd=Decimal("0.004"))
    found.gross_usd, found.net_usd = Decimal("0.02"), Decimal("0.014")

    expected = "Net $0.0140 = $0.0200 gross − $0.0100 cache effect + $0.0040 by our breakpoints"
    assert money_sentence(found) == expected
