"""What a model's provider asks for input that it caches: by genai-prices, or as somebody set it."""

from __future__ import annotations

from functools import lru_cache

from genai_prices import Usage

from optimizer_app.provider_cache.lifetimes import CacheCosts
from token_optimizer.optimizer.conversation.cache_prices import priced_model
from token_optimizer.ports import CachePrices

# Enough that no price is rounded away, and few enough for the price of short prompts.
_SAMPLE_TOKENS = 10_000


def cache_costs(model: str, dialect: str, own: CachePrices | None = None) -> CacheCosts | None:
    """The costs, `own` ones first; None where no price is known."""
    if own is not None:
        hour = own.write_usd if own.hour_write_usd is None else own.hour_write_usd
        return CacheCosts(own.input_usd, own.read_usd, own.write_usd, hour)
    return _known_costs(model, dialect)


# Names come from requests: a bound, so that made-up ones cannot fill the memory.
@lru_cache(maxsize=1024)
def _known_costs(model: str, dialect: str) -> CacheCosts | None:
    found = priced_model(model, dialect)
    if found is None:
        return None
    provider, entry = found

    def usd(**more: int) -> float:
        usage = Usage(input_tokens=_SAMPLE_TOKENS, **more)
        return float(entry.calc_price(usage, provider, genai_request_timestamp=None).input_price)

    tokens = _SAMPLE_TOKENS
    prices = (
        usd(),
        usd(cache_read_tokens=tokens),
        usd(cache_write_tokens=tokens),
        usd(cache_write_tokens=tokens, cache_write_1h_tokens=tokens),
    )
    return CacheCosts(*(price / tokens for price in prices))
