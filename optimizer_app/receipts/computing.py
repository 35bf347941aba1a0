"""The receipt of a request, from what was billed and what was done to its prompt."""

from __future__ import annotations

from decimal import Decimal

from optimizer_app.models import PriceOverride
from optimizer_app.prices.entries import Entry, entry_of
from optimizer_app.prices.units import unit_prices
from optimizer_app.receipts.receipt import Receipt
from optimizer_app.receipts.rules import WorkedOn, savings_by_rule
from optimizer_app.receipts.saving import CutPrompt, Prices, billed, billed_without_us, price_request

_MILLION = 1_000_000


def receipt_of(
    cut: CutPrompt, work: WorkedOn, retrieved_tokens: int = 0, override: PriceOverride | None = None
) -> tuple[Prices, Receipt | None]:
    """The money of a request, and its receipt; none where the model's price is not known, or nobody was asked
    and nothing billed."""
    entry = entry_of(cut.model, cut.dialect, override)
    prices = price_request(cut, override)
    if entry is None or prices.billed_usd is None:
        return prices, None
    per_token = _usd_per_counted(entry, cut)
    return prices, Receipt(
        billed=billed(entry, cut),
        is_estimated=prices.billed_is_estimated,
        without_us=billed_without_us(entry, cut),
        is_simulated=cut.without_us is not None,
        tokens_per_counted=cut.tokens_per_counted,
        gross_usd=prices.gross_usd,
        net_usd=prices.net_usd,
        cache_effect_usd=prices.cache_effect_usd,
        breakpoints_usd=prices.breakpoints_usd,
        read_back_usd=prices.read_back_usd,
        retrieval_usd=retrieved_tokens * per_token if retrieved_tokens else None,
        rules=tuple(savings_by_rule(work, prices, per_token)),
    )


def _usd_per_counted(entry: Entry, cut: CutPrompt) -> Decimal:
    """The list price of one token of ours."""
    price = unit_prices(entry, cut.provider_tokens_before, cut.at).input_usd
    return price * Decimal(str(cut.tokens_per_counted)) / _MILLION
