"""What the tokens that were cut are worth, by genai-prices or an override. Nothing is fetched.

Gross is the cut tokens at list price. Net is what the provider would have billed without us minus what it
billed. What it would have billed is an estimate, as its cache cannot be asked: the cut tokens are taken to
have been read from and written to the cache in the shares that `usage` reports for those that were sent.
The bill is what every call cost, its answer's tokens included; where the usage never came, as with a stream
that its reader left, it is estimated by the prompt that was sent, and marked so.
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

from genai_prices import Usage as PricedUsage

from optimizer_app.models import PriceOverride
from optimizer_app.optimize.usage import Usage
from optimizer_app.prices.entries import Entry, entry_of


@dataclass(frozen=True, slots=True)
class Prices:
    """Money saved by one request, and its bill; None where it cannot be known. `read_back_usd` is the part of
    the bill that came with reading back."""

    gross_usd: Decimal | None = None
    net_usd: Decimal | None = None
    read_back_usd: Decimal | None = None
    billed_usd: Decimal | None = None
    billed_is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class CutPrompt:
    """A prompt as it came and as it was sent `at` a time, and the usage of each call that it took.

    `was_answered`: a provider began to answer, and bills it whether or not it came to say how much.
    """

    model: str
    dialect: str
    tokens_before: int
    tokens_after: int
    calls: Sequence[Usage]
    at: datetime | None = None
    was_answered: bool = False


UNPRICED = Prices()


def price_request(cut: CutPrompt, override: PriceOverride | None = None) -> Prices:
    """The money that cutting a prompt saved, and what the request was billed."""
    found = entry_of(cut.model, cut.dialect, override)
    if found is None:
        return UNPRICED
    return _billed(found, cut, _saved(found, cut))


def _billed(found: Entry, cut: CutPrompt, saved: Prices) -> Prices:
    """The same with the bill of all calls."""
    if cut.calls[0].input_tokens is None:
        if not cut.was_answered:
            return saved
        sent = _input_price(found, Usage(cut.tokens_after), cut.at)
        return replace(saved, billed_usd=sent, billed_is_estimated=True)
    bills = (_input_price(found, call, cut.at) + _output_price(found, call, cut.at) for call in cut.calls)
    return replace(saved, billed_usd=sum(bills, Decimal(0)))


def _saved(found: Entry, cut: CutPrompt) -> Prices:
    before = _input_price(found, Usage(cut.tokens_before), cut.at)
    gross = before - _input_price(found, Usage(cut.tokens_after), cut.at)
    usage, *later = cut.calls
    if usage.input_tokens is None:
        return Prices(gross)
    if usage.input_tokens == 0:
        return Prices(gross, Decimal(0))
    without_us = _grown(usage, cut.tokens_before - cut.tokens_after)
    saved = _input_price(found, without_us, cut.at) - _input_price(found, usage, cut.at)
    if not later:
        return Prices(gross, saved)
    more = _price_of_going_on(found, cut.calls, cut.at)
    return Prices(gross, saved - more, more)


def price_of_usage(
    model: str, dialect: str, usage: Usage, override: PriceOverride | None = None
) -> Decimal | None:
    """What a call was billed; None where its usage or the model's price is not known."""
    found = entry_of(model, dialect, override)
    if found is None or usage.input_tokens is None:
        return None
    return _input_price(found, usage, None) + _output_price(found, usage, None)


def _price_of_going_on(found: Entry, calls: Sequence[Usage], at: datetime | None) -> Decimal:
    """What later calls read, and what all but the last one wrote."""
    read = sum((_input_price(found, call, at) for call in calls[1:]), Decimal(0))
    return read + sum((_output_price(found, call, at) for call in calls[:-1]), Decimal(0))


def _output_price(found: Entry, usage: Usage, at: datetime | None) -> Decimal:
    provider, model = found
    priced = PricedUsage(output_tokens=usage.output_tokens or 0)
    return model.calc_price(priced, provider, genai_request_timestamp=at).output_price


def _input_price(found: Entry, usage: Usage, at: datetime | None) -> Decimal:
    provider, model = found
    billed = usage.input_tokens or 0
    cached = min(usage.cached_tokens or 0, billed)
    written = min(usage.cache_write_tokens or 0, billed - cached)
    priced = PricedUsage(input_tokens=billed, cache_read_tokens=cached, cache_write_tokens=written)
    return model.calc_price(priced, provider, genai_request_timestamp=at).input_price


def _grown(usage: Usage, tokens: int) -> Usage:
    """The usage of a prompt that many tokens longer, with the same shares read and written."""
    billed = max(usage.input_tokens or 0, 1)
    total = max((usage.input_tokens or 0) + tokens, 0)
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    return Usage(total, round(cached * total / billed), round(written * total / billed))
