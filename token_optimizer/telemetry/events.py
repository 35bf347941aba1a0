"""The 8 events of the optimizer, as the analytics dashboard receives them.

`events.schema.json` beside this file is their JSON Schema, of the version that each event names. No event
holds prompt text, a provider's key or a provider's error message (which may quote the prompt): only counts,
names, routes and reasons.
"""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

import orjson
import uuid_utils.compat

from token_optimizer.models import COMPRESS_STAGE, OptimizationStats
from token_optimizer.telemetry.event_blocks import blocks_by_fate, event_blocks

Event = dict[str, Any]

# Said where the package runs from a checkout that was never installed.
UNINSTALLED_VERSION = "1.0.0"

# Raised where a field goes or changes its meaning; new fields may come within a version.
SCHEMA_VERSION = 1

OPTIMIZATION_FIELDS = (
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "compression_ratio",
    "route",
    "cache_hit",
    "fallback_used",
)


class EventType(StrEnum):
    """What can be announced."""

    OPTIMIZATION_STARTED = "optimization_started"
    OPTIMIZATION_COMPLETED = "optimization_completed"
    OPTIMIZATION_FAILED = "optimization_failed"
    CACHE_HIT = "cache_hit"
    CACHE_MISS = "cache_miss"
    COMPRESSION_APPLIED = "compression_applied"
    FALLBACK_TRIGGERED = "fallback_triggered"
    PROVIDER_ERROR = "provider_error"


@cache
def event_schema() -> dict[str, Any]:
    """The JSON Schema of one event."""
    text = files("token_optimizer.telemetry").joinpath("events.schema.json").read_bytes()
    schema: dict[str, Any] = orjson.loads(text)
    return schema


@cache
def sdk_version() -> str:
    """The version of the installed package."""
    try:
        return version("token-optimizer")
    except PackageNotFoundError:
        return UNINSTALLED_VERSION


def create_event(event_type: str, trace_id: str, api_key: str, **details: Any) -> Event:
    """An event of a type, one of ours or another; `details` are JSON values beside the envelope's fields."""
    return {
        "event_id": str(uuid_utils.compat.uuid7()),
        "event_type": str(event_type),
        "schema_version": SCHEMA_VERSION,
        "timestamp": _timestamp(datetime.now(UTC)),
        "api_key": api_key,
        "trace_id": str(trace_id),
        **details,
        "metadata": {"sdk_version": sdk_version(), "python_version": platform.python_version()},
    }


def identified(event: Mapping[str, Any], event_id: uuid.UUID, moment: datetime) -> Event:
    """The event under an id that follows from what it tells of, and at the moment of that."""
    return {**event, "event_id": str(event_id), "timestamp": _timestamp(moment.astimezone(UTC))}


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def create_optimization_event(
    trace_id: str,
    api_key: str,
    request: Mapping[str, Any],
    optimization: Mapping[str, Any],
    blocks: Mapping[str, Iterable[Mapping[str, Any]]],
    performance: Mapping[str, Any],
) -> Event:
    """`optimization_completed`, in the guide's schema.

    Of `request["messages"]` only the number is told. A `faithfulness_score` of None was not measured.
    """
    summary = request_summary(request["provider"], request["model"], len(request["messages"]))
    return _completed(trace_id, api_key, summary, optimization, blocks, performance)


def _completed(
    trace_id: str,
    api_key: str,
    summary: Mapping[str, Any],
    optimization: Mapping[str, Any],
    blocks: Mapping[str, Iterable[Mapping[str, Any]]],
    performance: Mapping[str, Any],
) -> Event:
    return create_event(
        EventType.OPTIMIZATION_COMPLETED,
        trace_id,
        api_key,
        request=summary,
        optimization={name: optimization[name] for name in OPTIMIZATION_FIELDS},
        blocks={fate: event_blocks(blocks[fate]) for fate in ("selected", "dropped")},
        performance={name: performance[name] for name in ("latency_ms", "stage_timings")},
        faithfulness_score=optimization.get("faithfulness_score", 1.0),
    )


def request_summary(provider: str, model: str, messages_count: int) -> dict[str, Any]:
    """What every event says about its request."""
    return {"provider": provider, "model": model, "input_messages_count": messages_count}


def events_of(
    stats: OptimizationStats, summary: Mapping[str, Any], *, api_key: str, caching: bool = False
) -> list[Event]:
    """Everything there is to announce once an optimization is done.

    `summary` is a `request_summary`; `caching` says whether a cache was asked at all.
    """
    numbers = stats.as_dict()
    trace_id = numbers["trace_id"]
    done = _completed(trace_id, api_key, summary, numbers, blocks_by_fate(stats.blocks), numbers)
    told = [
        create_event(event_type, trace_id, api_key, request=summary, **details)
        for event_type, details in _details_of(stats, caching)
    ]
    return [done, *told]


def _details_of(stats: OptimizationStats, caching: bool) -> Iterator[tuple[EventType, dict[str, Any]]]:
    """The events beside `optimization_completed`, each with what it alone says."""
    if failed := [stage.name for stage in stats.stages if stage.status == "failed"]:
        yield EventType.OPTIMIZATION_FAILED, {"failure": {"stages": failed}}
    if caching and stats.route != "bypass":
        yield EventType.CACHE_HIT if stats.cache_hit else EventType.CACHE_MISS, {}
    tried = [block.as_dict() for block in stats.blocks if block.faithfulness is not None]
    if compression := compression_summary(tried):
        yield EventType.COMPRESSION_APPLIED, {"compression": compression}
    if fallback := fallback_summary(stats.fallback_reason if stats.fallback_used else None, tried):
        yield EventType.FALLBACK_TRIGGERED, {"fallback": fallback}


def compression_summary(blocks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What `compression_applied` says of a request's blocks, as a trace has them; empty where none was
    compressed. The score is the mean over the tokens."""
    compressed = [block for block in blocks if block["stage"] == COMPRESS_STAGE]
    before = sum(block["tokens_before"] for block in compressed)
    if not before:
        return {}
    score = sum(block["tokens_before"] * block.get("faithfulness", 0.0) for block in compressed) / before
    return {
        "blocks": len(compressed),
        "tokens_before": before,
        "tokens_after": sum(block["tokens_after"] for block in compressed),
        "faithfulness_score": round(score, 4),
    }


def fallback_summary(reason: str | None, blocks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What `fallback_triggered` says: why the prompt fell back, None where it did not, else how many single
    blocks were kept from compression; empty where there is neither."""
    kept = [
        block["faithfulness"]
        for block in blocks
        if "faithfulness" in block and block["stage"] != COMPRESS_STAGE
    ]
    if reason is None and not kept:
        return {}
    if reason is None:
        blocks_kept = f"{len(kept)} block{'s were' if len(kept) > 1 else ' was'} kept from compression"
        reason = f"{blocks_kept}: the lowest score would have been {min(kept):.2f}"
    return {"reason": reason, "blocks": len(kept)}
