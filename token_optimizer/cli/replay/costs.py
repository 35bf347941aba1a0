"""What the input of a request costs, with what a cache has of it, at its model's list prices."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from token_optimizer.models import Dialect
from token_optimizer.optimizer.conversation.cache_prices import priced_model
from token_optimizer.prompt_cache.rules import cache_rules
from token_optimizer.prompt_cache.simulation import CacheUse

NO_CACHE = CacheUse()
_BATCH_PRICE = Decimal("0.5")


def has_prices() -> bool:
    """Whether the package that knows the prices is installed."""
    try:
        import genai_prices  # noqa: F401
    except ImportError:
        return False
    return True


def input_usd(
    model: str, dialect: Dialect, tokens: int, use: CacheUse, at: float, *, is_batch: bool
) -> Decimal | None:
    """US dollars for a prompt of so many tokens; None where the model's price is not known."""
    found = priced_model(model, dialect) if has_prices() else None
    if found is None:
        return None
    from genai_prices import Usage

    provider, entry = found
    usage = Usage(input_tokens=tokens, **_cached(model, use))
    time = datetime.fromtimestamp(at, UTC) if at else None
    price = Decimal(entry.calc_price(usage, provider, genai_request_timestamp=time).input_price)
    return price * _BATCH_PRICE if is_batch else price


def _cached(model: str, use: CacheUse) -> dict[str, int]:
    """What is read and written. Who caches everything by itself asks nothing for that."""
    if cache_rules(model).implicit == "everywhere":
        return {"cache_read_tokens": use.read_tokens}
    return {
        "cache_read_tokens": use.read_tokens,
        "cache_write_tokens": use.written_tokens + use.written_1h_tokens,
        "cache_write_1h_tokens": use.written_1h_tokens,
    }
