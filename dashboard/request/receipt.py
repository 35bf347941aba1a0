"""The receipt of a request: what was billed, what would have been without us, and the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer_app.models import RequestTrace
from optimizer_app.receipts.bill import Bill, BillLine, LineKind
from optimizer_app.receipts.receipt import Receipt
from optimizer_app.receipts.rules import RuleSaving

_LABELS: dict[LineKind, str] = {
    "input": "New input",
    "cache_read": "Read from cache",
    "cache_write": "Written to cache, 5 min",
    "cache_write_1h": "Written to cache, 1 h",
    "output": "Output",
    "reasoning": "of it, reasoning",
}
_AUTOMATIC_WRITE = "Written to cache"


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One kind of token at one price, on both sides; None where a side has none of it."""

    label: str
    usd_per_million: Decimal
    is_part: bool
    billed: BillLine | None
    without_us: BillLine | None

    @property
    def sides(self) -> tuple[BillLine | None, BillLine | None]:
        return self.billed, self.without_us


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the gross saving to the net one; `sign` says what it does to it."""

    label: str
    sign: str
    usd: Decimal


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    receipt: Receipt
    rows: Sequence[ReceiptRow]
    steps: Sequence[Step]

    @property
    def rules(self) -> Sequence[RuleSaving]:
        return self.receipt.rules


def shown_receipt(trace: RequestTrace) -> ShownReceipt | None:
    """The receipt of the trace; None where it has none."""
    if trace.receipt is None:
        return None
    receipt = Receipt.from_dict(trace.receipt)
    is_marked = trace.dialect == "anthropic"
    return ShownReceipt(receipt, list(_rows(receipt, is_marked=is_marked)), list(_steps(receipt)))


def _rows(receipt: Receipt, *, is_marked: bool) -> Iterator[ReceiptRow]:
    billed, without_us = _by_price(receipt.billed), _by_price(receipt.without_us or Bill())
    order = list(_LABELS)
    for kind, price in sorted({**billed, **without_us}, key=lambda key: (order.index(key[0]), key[1])):
        label = _AUTOMATIC_WRITE if kind == "cache_write" and not is_marked else _LABELS[kind]
        sides = billed.get((kind, price)), without_us.get((kind, price))
        yield ReceiptRow(label, price, kind == "reasoning", *sides)


def _by_price(bill: Bill) -> dict[tuple[LineKind, Decimal], BillLine]:
    return {(line.kind, line.usd_per_million): line for line in bill.lines}


def _steps(receipt: Receipt) -> Iterator[Step]:
    if receipt.gross_usd is None:
        return
    yield Step("Gross: tokens cut, at list price", "", receipt.gross_usd)
    effect = receipt.cache_effect_usd
    if effect:
        label = (
            "Discount of the cache that they had anyway"
            if effect > 0
            else "Writes to the cache that were saved"
        )
        yield Step(label, "−" if effect > 0 else "+", abs(effect))
    if receipt.breakpoints_usd:
        won = receipt.breakpoints_usd
        yield Step("Our breakpoints in the provider's cache", "+" if won > 0 else "−", abs(won))
    if receipt.read_back_usd:
        yield Step("Reading back", "−", receipt.read_back_usd)
