"""What the tokens that were cut are worth, at the prices of genai-prices or of an override.

Gross is the cut tokens at list price. Net is what the provider would have billed without us minus what it
billed: `without_us` says what the original would have been billed, where its cache was simulated. Where it
was not, the cut tokens are taken to have been read from and written to the cache in the shares that `usage`
reports for those that were sent.
The bill is what every call cost, its answer's tokens included; where the usage never came, as with a stream
that its reader left, it is estimated by the prompt that was sent and what came of the answer, and marked so.
Where the model read back what had been cut, the provider was called more than once: without us it would have
been called once, for the whole prompt and the last call's answer.
A request for a model without a price is unpriced, which is None and never 0. The built-in echo bills
nothing: its requests are priced as the model they name would have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from optimizer_app.models import PriceOverride
from optimizer_app.optimize.usage import Usage
from optimizer_app.prices.entries import Entry, entry_of
from optimizer_app.receipts.bill import Bill, bill_of


@dataclass(frozen=True, slots=True)
class Prices:
    """Money saved by one request, and its bill; None where it cannot be known. `read_back_usd` is the part of
    the bill that came with reading back, `breakpoints_usd` what breakpoints of ours in the prompt saved."""

    gross_usd: Decimal | None = None
    net_usd: Decimal | None = None
    read_back_usd: Decimal | None = None
    billed_usd: Decimal | None = None
    billed_is_estimated: bool = False
    breakpoints_usd: Decimal | None = None

    @property
    def cache_effect_usd(self) -> Decimal | None:
        """What of the gross saving the provider's cache would have discounted anyway, or did no longer."""
        if self.gross_usd is None or self.net_usd is None:
            return None
        return self.gross_usd - self.net_usd - (self.read_back_usd or 0) + (self.breakpoints_usd or 0)


@dataclass(frozen=True, slots=True)
class CutPrompt:
    """A prompt as it came and as it was sent `at` a time, and the usage of each call that it took.

    `was_answered`: a provider began to answer, and bills it whether or not it came to say how much.
    `tokens_per_counted` is how many tokens the provider counts for each of ours. `has_own_breakpoints`: the
    prompt was cached because of breakpoints that we set. `usage_is_estimated`: a stream broke off, and its
    usage is not the provider's. `spared` is what was billed before for an answer that is given again.
    """

    model: str
    dialect: str
    tokens_before: int
    tokens_after: int
    calls: Sequence[Usage]
    at: datetime | None = None
    was_answered: bool = False
    without_us: Usage | None = None
    tokens_per_counted: float = 1.0
    has_own_breakpoints: bool = False
    usage_is_estimated: bool = False
    spared: Usage | None = None

    @property
    def provider_tokens_before(self) -> int:
        """The prompt as it came, by the provider's count."""
        return round(self.tokens_before * self.tokens_per_counted)

    @property
    def provider_tokens_after(self) -> int:
        """The prompt as it was sent, by the provider's count."""
        return round(self.tokens_after * self.tokens_per_counted)

    @property
    def provider_tokens_cut(self) -> int:
        return self.provider_tokens_before - self.provider_tokens_after


UNPRICED = Prices()


def price_request(cut: CutPrompt, override: PriceOverride | None = None) -> Prices:
    """The money that cutting a prompt saved, and what the request was billed."""
    found = entry_of(cut.model, cut.dialect, override)
    if found is None:
        return UNPRICED
    return _priced(found, cut)


def price_of_usage(
    model: str, dialect: str, usage: Usage, override: PriceOverride | None = None
) -> Decimal | None:
    """What a call was billed; None where its usage or the model's price is not known."""
    found = entry_of(model, dialect, override)
    if found is None or usage.input_tokens is None:
        return None
    return bill_of(found, usage).usd


def billed(entry: Entry, cut: CutPrompt) -> Bill:
    """The bill of all calls; by the prompt alone where it did not come."""
    if cut.calls[0].input_tokens is None:
        return bill_of(entry, Usage(cut.provider_tokens_after), cut.at)
    return sum((bill_of(entry, call, cut.at) for call in cut.calls), Bill())


def billed_without_us(entry: Entry, cut: CutPrompt) -> Bill | None:
    """The bill of one call with the original and the last answer; None where it is not known what came."""
    first, last = (cut.calls[0], cut.calls[-1]) if cut.spared is None else (cut.spared, cut.spared)
    if first.input_tokens is None:
        return None
    if not first.input_tokens:
        return Bill()
    prompt = cut.without_us or _grown(first, cut.provider_tokens_cut)
    whole = replace(prompt, output_tokens=last.output_tokens, reasoning_tokens=last.reasoning_tokens)
    return bill_of(entry, whole, cut.at)


def _priced(entry: Entry, cut: CutPrompt) -> Prices:
    before, after = (
        bill_of(entry, Usage(tokens), cut.at).usd
        for tokens in (cut.provider_tokens_before, cut.provider_tokens_after)
    )
    saved = Prices(before - after if cut.spared is None else before + _answer_usd(entry, cut, cut.spared))
    without_us = billed_without_us(entry, cut)
    if without_us is None:
        if not cut.was_answered:
            return saved
        return replace(saved, billed_usd=billed(entry, cut).usd, billed_is_estimated=True)
    paid = billed(entry, cut).usd
    return replace(
        saved,
        billed_usd=paid,
        billed_is_estimated=cut.usage_is_estimated,
        net_usd=without_us.usd - paid,
        read_back_usd=_price_of_going_on(entry, cut) if len(cut.calls) > 1 else None,
        breakpoints_usd=_discount(entry, cut) if cut.has_own_breakpoints else None,
    )


def _answer_usd(entry: Entry, cut: CutPrompt, spared: Usage) -> Decimal:
    """The price of an answer that is given again."""
    return bill_of(entry, spared, cut.at).output_usd


def _discount(entry: Entry, cut: CutPrompt) -> Decimal:
    """What the first call would have been billed more without its cache."""
    first = cut.calls[0]
    return bill_of(entry, Usage(first.input_tokens), cut.at).usd - bill_of(entry, first, cut.at).input_usd


def _price_of_going_on(entry: Entry, cut: CutPrompt) -> Decimal:
    """What later calls read, and what all but the last one wrote."""
    bills = [bill_of(entry, call, cut.at) for call in cut.calls]
    read = sum((bill.input_usd for bill in bills[1:]), Decimal(0))
    return read + sum((bill.output_usd for bill in bills[:-1]), Decimal(0))


def _grown(usage: Usage, tokens: int) -> Usage:
    """The usage of a prompt that many tokens longer, with the same shares read and written."""
    billed_tokens = max(usage.input_tokens or 0, 1)
    total = max((usage.input_tokens or 0) + tokens, 0)

    def share(count: int | None) -> int:
        return round((count or 0) * total / billed_tokens)

    return Usage(
        total,
        share(usage.cached_tokens),
        share(usage.cache_write_tokens),
        cache_write_1h_tokens=share(usage.cache_write_1h_tokens),
    )
