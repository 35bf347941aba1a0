"""Counts how providers answer: in this worker, and every few seconds in Valkey for the pages."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from gateway.callers.routing import ProviderRoute
from gateway.valkey import Valkey
from optimizer_app.providers.health import (
    KEPT_SECONDS,
    MAX_FAILURES,
    MINUTES,
    failure_as_text,
    failures_key,
    minute_key,
)
from optimizer_app.valkey.clients import AsyncValkey

FLUSH_SECONDS = 2.0
# With these a provider says that it cannot now: 529 is Anthropic's.
FAILED_STATUSES = frozenset({429, 500, 502, 503, 529})


@dataclass(slots=True)
class ProviderHealth:
    """What one worker has counted and not told yet."""

    valkey: AsyncValkey
    _counts: defaultdict[uuid.UUID, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _failures: deque[tuple[uuid.UUID, str]] = field(default_factory=lambda: deque(maxlen=100))
    _asking: Valkey = field(init=False)

    def __post_init__(self) -> None:
        self._asking = Valkey(self.valkey, "health_not_counted")

    def note(self, provider: ProviderRoute, began: float, failure: str = "") -> None:
        """A request of the provider, begun at that moment of the performance counter: its first byte came, or
        the `failure` did."""
        if provider.id is None:
            return
        counts = self._counts[provider.id]
        counts["requests"] += 1
        if failure:
            counts["failures"] += 1
            self._failures.append((provider.id, failure_as_text(time.time(), failure)))
        else:
            counts["ms"] += round((time.perf_counter() - began) * 1000)

    async def flush(self) -> None:
        """Tell Valkey what was counted; where it does not answer, that is lost."""
        counts, failures = self._counts, tuple(self._failures)
        if not counts:
            return
        self._counts = defaultdict(Counter)
        self._failures.clear()
        minute = int(time.time()) // 60
        pipe = self.valkey.pipeline(transaction=False)
        for provider_id, named in counts.items():
            for name, count in named.items():
                pipe.hincrby(minute_key(provider_id, minute), name, count)
            pipe.expire(minute_key(provider_id, minute), (MINUTES + 1) * 60)
        for provider_id, text in failures:
            key = failures_key(provider_id)
            pipe.lpush(key, text)
            pipe.ltrim(key, 0, MAX_FAILURES - 1)
            pipe.expire(key, KEPT_SECONDS)
        await self._asking.ask("health", pipe.execute)

    async def flush_for_ever(self) -> None:
        """For the life of the worker."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


@asynccontextmanager
async def opened_health(valkey: AsyncValkey) -> AsyncIterator[ProviderHealth]:
    """The counts of a worker, for its life."""
    health = ProviderHealth(valkey)
    flushing = asyncio.create_task(health.flush_for_ever())
    try:
        yield health
    finally:
        flushing.cancel()
        with suppress(asyncio.CancelledError):
            await flushing
        await health.flush()
