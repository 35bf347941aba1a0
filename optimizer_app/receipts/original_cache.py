"""The providers' caches as the original conversations would have left them, in Valkey.

An entry has the hash of a prefix under the project's secret for its key, and two times for its value. Where
Valkey is slow or down, nothing is simulated for a while.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from optimizer_app.valkey.cluster import VALKEY_ERRORS
from optimizer_app.valkey.values import values_at
from token_optimizer.prompt_cache.simulation import CacheEntry

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 5.0
# Requests may wait for a while before they are recorded.
_LATE_SECONDS = 600
_PREFIX = "original:"


class CacheUnavailable(Exception):
    """Valkey does not answer, so that it is not known what the original would have had in the cache."""


class OriginalCaches:
    """The caches of all providers, over one connection to Valkey."""

    def __init__(self, redis_url: str) -> None:
        self._values = values_at(redis_url, TIMEOUT_SECONDS)
        self._paused_until = 0.0

    def of(self, provider: str, model: str) -> OriginalCache:
        """The cache of one model at one provider: others do not share its entries."""
        name = hashlib.blake2b(f"{provider}\n{model}".encode("utf-8", "replace"), digest_size=6)
        return OriginalCache(self, _PREFIX + name.hexdigest())

    def close(self) -> None:
        self._values.close()

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        return self._asked(lambda: self._values.get_many(keys)) if keys else []

    def write(self, values: Sequence[tuple[str, bytes, int]]) -> None:
        """Store values under their keys, each for so many seconds."""
        self._asked(lambda: self._values.set_many(values))

    def _asked(self, call: Callable[[], Any]) -> Any:
        if time.monotonic() < self._paused_until:
            raise CacheUnavailable("Valkey failed a moment ago")
        try:
            return call()
        except VALKEY_ERRORS as error:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("originals_not_simulated", error=type(error).__name__)
            raise CacheUnavailable(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class OriginalCache:
    """The entries of one cache. CacheUnavailable where Valkey fails."""

    caches: OriginalCaches
    prefix: str

    def get_many(self, keys: Sequence[str]) -> list[CacheEntry | None]:
        return [
            _entry(value) if value else None
            for value in self.caches.read([self.prefix + key for key in keys])
        ]

    def set_many(self, entries: Mapping[str, CacheEntry]) -> None:
        self.caches.write(
            [
                (self.prefix + key, _value(entry), entry.lifetime_seconds + _LATE_SECONDS)
                for key, entry in entries.items()
            ]
        )


def _value(entry: CacheEntry) -> bytes:
    return f"{entry.written_at:.6f} {entry.expires_at:.6f} {entry.lifetime_seconds}".encode()


def _entry(value: bytes) -> CacheEntry:
    written, expires, lifetime = value.split()
    return CacheEntry(float(written), float(expires), int(lifetime))
