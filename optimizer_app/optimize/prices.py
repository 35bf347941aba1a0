"""What the tokens that were cut are worth, by the price data in genai-prices. Nothing is fetched.

Gross is the cut tokens at list price. Net is what the provider would have billed without us minus what it
billed. What it would have billed is an estimate, as its cache cannot be asked: the cut tokens are taken to
have been read from and written to the cache in the shares that `usage` reports for those that were sent.
A request for a model without a price is unpriced, which is None and never 0. The built-in echo bills
nothing: its requests are priced as the model they name would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from genai_prices import Usage as PricedUsage
from genai_prices.types import ModelInfo, Provider

from token_optimizer.optimizer.conversation.cache_prices import priced_model


@dataclass(frozen=True, slots=True)
class Usage:
    """Input tokens that a provider billed; those of its cache are among `input_tokens`."""

    input_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0


NOTHING_BILLED = Usage(0)


@dataclass(frozen=True, slots=True)
class Prices:
    """Money saved by one request; None where it cannot be known."""

    gross_usd: Decimal | None = None
    net_usd: Decimal | None = None


UNPRICED = Prices()


def price_request(
    model: str,
    dialect: str,
    tokens_before: int,
    tokens_after: int,
    *,
    usage: Usage | None,
    at: datetime | None = None,
) -> Prices:
    """The money that cutting a prompt saved. `usage` None: the provider did not say what it billed."""
    found = priced_model(model, dialect)
    if found is None:
        return UNPRICED
    before = _input_price(found, Usage(tokens_before), at)
    gross = before - _input_price(found, Usage(tokens_after), at)
    if usage is None:
        return Prices(gross)
    if usage == NOTHING_BILLED:
        return Prices(gross, Decimal(0))
    without_us = _grown(usage, tokens_before - tokens_after)
    return Prices(gross, _input_price(found, without_us, at) - _input_price(found, usage, at))


def _input_price(found: tuple[Provider, ModelInfo], usage: Usage, at: datetime | None) -> Decimal:
    provider, model = found
    cached = min(usage.cached_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    priced = PricedUsage(
        input_tokens=usage.input_tokens, cache_read_tokens=cached, cache_write_tokens=written
    )
    return model.calc_price(priced, provider, genai_request_timestamp=at).input_price


def _grown(usage: Usage, tokens: int) -> Usage:
    """The usage of a prompt that many tokens longer, with the same shares read and written."""
    total = max(usage.input_tokens + tokens, 0)
    billed = max(usage.input_tokens, 1)
    return Usage(
        total,
        round(usage.cached_tokens * total / billed),
        round(usage.cache_write_tokens * total / billed),
    )
