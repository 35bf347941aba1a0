"""LocalCollector: the numbers of one process."""

from __future__ import annotations

from token_optimizer.models import BlockFate, BlockType, Kind, OptimizationStats
from token_optimizer.telemetry.collector import KEPT_LATENCIES, LocalCollector
from token_optimizer.telemetry.events import EventType, create_event, events_of, request_summary

SUMMARY = request_summary("openai", "gpt-4o", 1)


def record(collector: LocalCollector, stats: OptimizationStats, *, caching: bool = False) -> None:
    for event in events_of(stats, SUMMARY, api_key="tok", caching=caching):
        collector.record(event)


def test_an_empty_snapshot_divides_by_nothing() -> None:
    assert LocalCollector().snapshot() == {
        "requests": 0,
        "events": {},
        "routes": {},
        "tokens_before": 0,
        "tokens_after": 0,
        "tokens_saved": 0,
        "compression_ratio": None,
        "cache_hit_rate": None,
        "fallback_rate": None,
        "latency_ms": {"p50": None, "p95": None, "p99": None},
    }


def test_it_adds_up() -> None:
    collector = LocalCollector()
    record(collector, OptimizationStats("1", 100, 40, latency_ms=5), caching=True)
    record(
        collector, OptimizationStats("2", 100, 10, route="cache", cache_hit=True, latency_ms=1), caching=True
    )
    record(collector, OptimizationStats("3", 50, 50, fallback_used=True, latency_ms=9))
    record(collector, OptimizationStats("4", 0, 0, latency_ms=2))
    collector.record(create_event(EventType.PROVIDER_ERROR, "4", "tok"))
    snapshot = collector.snapshot()
    assert (snapshot["tokens_before"], snapshot["tokens_after"], snapshot["tokens_saved"]) == (250, 100, 150)
    assert snapshot["compression_ratio"] == 0.4
    assert snapshot["cache_hit_rate"] == 0.5
    assert snapshot["fallback_rate"] == 0.25
    assert snapshot["routes"] == {"heuristic_only": 3, "cache": 1}
    assert snapshot["events"]["provider_error"] == 1
    assert snapshot["latency_ms"] == {"p50": 2, "p95": 9, "p99": 9}


def test_a_block_kept_from_compression_is_no_fallback_of_the_prompt() -> None:
    collector = LocalCollector()
    block = BlockFate("1", BlockType.DOC, Kind.DOCUMENT, "kept", False, "", "", 9, 9, faithfulness=0.4)
    record(collector, OptimizationStats("1", 9, 9, blocks=[block]))
    assert collector.snapshot()["events"]["fallback_triggered"] == 1
    assert collector.snapshot()["fallback_rate"] == 0


def test_percentiles_are_those_of_the_newest_requests() -> None:
    collector = LocalCollector()
    for latency_ms in range(1, 101):
        record(collector, OptimizationStats("1", 1, 1, latency_ms=latency_ms))
    assert collector.snapshot()["latency_ms"] == {"p50": 50, "p95": 95, "p99": 99}
    for _ in range(KEPT_LATENCIES):
        record(collector, OptimizationStats("1", 1, 1, latency_ms=7))
    assert collector.snapshot()["latency_ms"] == {"p50": 7, "p95": 7, "p99": 7}
