"""LocalCollector: the same events, added up inside the process for whoever asks."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

KEPT_LATENCIES = 1000
PERCENTILES = (50, 95, 99)


class LocalCollector:
    """Counts, tokens and the newest latencies of one optimizer; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: Counter[str] = Counter()
        self._routes: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._fallbacks = 0
        self._latencies_ms: deque[float] = deque(maxlen=KEPT_LATENCIES)

    def record(self, event: Mapping[str, Any]) -> None:
        """Add one event."""
        with self._lock:
            self._events[event["event_type"]] += 1
            if event["event_type"] == "optimization_completed":
                self._add(event["optimization"], event["performance"])

    def _add(self, optimization: Mapping[str, Any], performance: Mapping[str, Any]) -> None:
        self._routes[optimization["route"]] += 1
        self._tokens["before"] += optimization["tokens_before"]
        self._tokens["after"] += optimization["tokens_after"]
        # Not the events: these tell of single blocks, too.
        self._fallbacks += bool(optimization["fallback_used"])
        self._latencies_ms.append(performance["latency_ms"])

    def snapshot(self) -> dict[str, Any]:
        """The totals so far; rates and the ratio are None while there is nothing to divide by."""
        with self._lock:
            events, routes, tokens = dict(self._events), dict(self._routes), dict(self._tokens)
            fallbacks = self._fallbacks
            latencies = sorted(self._latencies_ms)
        before, after = tokens.get("before", 0), tokens.get("after", 0)
        hits, misses = events.get("cache_hit", 0), events.get("cache_miss", 0)
        requests = events.get("optimization_completed", 0)
        return {
            "requests": requests,
            "events": events,
            "routes": routes,
            "tokens_before": before,
            "tokens_after": after,
            "tokens_saved": before - after,
            "compression_ratio": _share(after, before),
            "cache_hit_rate": _share(hits, hits + misses),
            "fallback_rate": _share(fallbacks, requests),
            "latency_ms": {f"p{percent}": _percentile(latencies, percent) for percent in PERCENTILES},
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _percentile(ordered: list[float], percent: int) -> float | None:
    """The nearest-rank percentile: a latency that really was measured."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
