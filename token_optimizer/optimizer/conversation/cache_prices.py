"""What a model's provider asks for input that it reads from its prompt cache, and for input that is new.

The prices are those of genai-prices, where that is installed; nothing is fetched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from token_optimizer.ports import CachePrices

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

# Enough that no price is rounded away, and few enough for the price of short prompts.
_SAMPLE_TOKENS = 10_000


# Names come from requests: a bound, so that made-up ones cannot fill the memory.
@lru_cache(maxsize=1024)
def cache_prices(model: str, dialect: str) -> CachePrices | None:
    """The model's prices; None where no price is known, or no cached input costs less than new."""
    try:
        from genai_prices import Usage
    except ImportError:
        return None
    found = priced_model(model, dialect)
    if found is None:
        return None
    provider, entry = found
    read, write = (
        float(entry.calc_price(usage, provider, genai_request_timestamp=None).input_price) / _SAMPLE_TOKENS
        for usage in (
            Usage(input_tokens=_SAMPLE_TOKENS, cache_read_tokens=_SAMPLE_TOKENS),
            Usage(input_tokens=_SAMPLE_TOKENS, cache_write_tokens=_SAMPLE_TOKENS),
        )
    )
    prices = CachePrices(read, write)
    return prices if prices.has_discount else None


@lru_cache(maxsize=1024)
def priced_model(model: str, dialect: str) -> tuple[Provider, ModelInfo] | None:
    """The model's entry in genai-prices: of the dialect's own provider, else of whoever is known for it."""
    from genai_prices.data_snapshot import get_snapshot

    for provider_id in (dialect, None):
        try:
            return get_snapshot().find_provider_model(model, None, provider_id, None)
        except LookupError:
            continue
    return None
