"""Prices from a file in the form of genai-prices, for instances that cannot be updated from the network.

The file is `data.json` of genai-prices, as its repository publishes it. It takes the place of the prices that
came with the package: prices, context windows and what caches cost, of all models.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from genai_prices import data_snapshot, types
from pydantic import ValidationError

from token_optimizer.optimizer.conversation.cache_prices import cache_prices, priced_model

log = structlog.get_logger(__name__)


class NoPriceFile(ValueError):
    """A file that has no prices in this form; the message says why."""


def providers_in(path: Path) -> list[types.Provider]:
    """The providers of a file; NoPriceFile where it cannot be read as one."""
    try:
        raw: Any = json.loads(path.read_bytes())
        # As genai-prices reads what it fetches; it has no public name for that.
        found = types._providers_from_raw(raw) if isinstance(raw, list) and raw else []
    except OSError as error:
        raise NoPriceFile(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise NoPriceFile(f"{path} is no file of prices: {place} cannot be read") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise NoPriceFile(f"{path} is no file of prices") from error
    if not any(provider.models for provider in found):
        raise NoPriceFile(f"{path} is no file of prices: it must be a list of providers with models")
    return found


def use_price_file(path: Path) -> None:
    """Let this process take its prices from the file, where it is there and can be read."""
    if not path.exists():
        return
    try:
        providers = providers_in(path)
    except NoPriceFile as error:
        # Prices of the package are better than no start.
        log.error("price_file_unusable", error=str(error))
        return
    data_snapshot.set_custom_snapshot(data_snapshot.DataSnapshot(providers, from_auto_update=False))
    priced_model.cache_clear()
    cache_prices.cache_clear()


def price_source() -> str:
    """Where prices and windows that nobody set come from."""
    date = price_file_date(settings.PRICES_FILE)
    return f"the price file of {date:%Y-%m-%d}" if date else f"genai-prices {version('genai-prices')}"


def price_file_date(path: Path) -> datetime | None:
    """When the file was put there; None where there is none."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
