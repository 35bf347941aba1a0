"""The providers' caches as the original conversations would have left them, in Valkey.

An entry has the hash of a prefix under the project's secret for its key, and two times for its value. Where
Valkey is slow or down, nothing is simulated for a while.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from optimizer_app.valkey.cluster import VALKEY_ERRORS
from optimizer_app.valkey.values import values_at
from token_optimizer.models import PromptSegment
from token_optimizer.prompt_cache.simulation import CacheEntry

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 5.0
# Requests may wait for a while before they are recorded.
_LATE_SECONDS = 600
_PREFIX = "original:"
# Keys of one question to Valkey, which answers nobody else meanwhile.
_AT_ONCE = 2_000

_Item = TypeVar("_Item")


class CacheUnavailable(Exception):
    """Valkey does not answer, so that it is not known what the original would have had in the cache."""


class OriginalCaches:
    """The caches of all providers, over one connection to Valkey."""

    def __init__(self, redis_url: str) -> None:
        self._values = values_at(redis_url, TIMEOUT_SECONDS)
        self._paused_until = 0.0

    def close(self) -> None:
        self._values.close()

    def gathered(self, asked: Iterable[tuple[str, str, Sequence[PromptSegment]]]) -> GatheredCaches:
        """What the caches hold of prompts, each with its provider and model. CacheUnavailable where Valkey
        fails."""
        keys = {
            prefix + segment.key: None
            for provider, model, segments in asked
            for prefix in [_prefix(provider, model)]
            for segment in segments
        }
        return GatheredCaches(self._read(list(keys)), self._write)

    def _read(self, keys: Sequence[str]) -> dict[str, CacheEntry | None]:
        values: list[bytes | None] = []
        for some in _parts(keys):
            values += self._asked(partial(self._values.get_many, some))
        return {key: _entry(value) if value else None for key, value in zip(keys, values, strict=True)}

    def _write(self, entries: Mapping[str, CacheEntry]) -> None:
        values = [
            (key, _value(entry), entry.lifetime_seconds + _LATE_SECONDS) for key, entry in entries.items()
        ]
        for some in _parts(values):
            self._asked(partial(self._values.set_many, some))

    def _asked(self, call: Callable[[], Any]) -> Any:
        if time.monotonic() < self._paused_until:
            raise CacheUnavailable("Valkey failed a moment ago")
        try:
            return call()
        except VALKEY_ERRORS as error:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("originals_not_simulated", error=type(error).__name__)
            raise CacheUnavailable(type(error).__name__) from error


class GatheredCaches:
    """The caches while requests that came one after another run through them: Valkey is asked once before and
    told once afterwards, since one question takes it longer than all entries of a prompt."""

    def __init__(
        self,
        held: dict[str, CacheEntry | None],
        write: Callable[[Mapping[str, CacheEntry]], None],
    ) -> None:
        self._held = held
        self._write = write
        self._used: dict[str, CacheEntry] = {}

    def of(self, provider: str, model: str) -> OriginalCache:
        """The cache of one model at one provider: others do not share its entries."""
        return OriginalCache(self, _prefix(provider, model))

    def get(self, key: str) -> CacheEntry | None:
        return self._held[key]

    def use(self, entries: Mapping[str, CacheEntry]) -> None:
        self._held.update(entries)
        self._used.update(entries)

    def store(self) -> None:
        """Keep what was used for the requests that come later. CacheUnavailable where Valkey fails."""
        self._write(self._used)


@dataclass(frozen=True, slots=True)
class OriginalCache:
    """The entries of one cache."""

    caches: GatheredCaches
    prefix: str

    def get_many(self, keys: Sequence[str]) -> list[CacheEntry | None]:
        return [self.caches.get(self.prefix + key) for key in keys]

    def set_many(self, entries: Mapping[str, CacheEntry]) -> None:
        self.caches.use({self.prefix + key: entry for key, entry in entries.items()})


def _prefix(provider: str, model: str) -> str:
    name = hashlib.blake2b(f"{provider}\n{model}".encode("utf-8", "replace"), digest_size=6)
    return _PREFIX + name.hexdigest()


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def _value(entry: CacheEntry) -> bytes:
    return f"{entry.written_at:.6f} {entry.expires_at:.6f} {entry.lifetime_seconds}".encode()


def _entry(value: bytes) -> CacheEntry:
    written, expires, lifetime = value.split()
    return CacheEntry(float(written), float(expires), int(lifetime))
