"""The events of a finished request, for the outbox: rows that are stored together with its trace.

Their ids follow from the trace's id, so that storing a record twice adds no event. `api_key` in them is the
id of the key's row: it names key and project without doubt, and opens nothing.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

from optimizer_app.models import Event
from optimizer_app.trace_ids import id_in_millisecond
from optimizer_app.traces.record import TraceRecord
from token_optimizer.telemetry.events import (
    EventType,
    compression_summary,
    create_event,
    create_optimization_event,
    fallback_summary,
    identified,
    request_summary,
)


def events_of_record(record: TraceRecord, *, is_received: bool) -> list[Event]:
    """The events of a request. Those that its trace tells as well are made for receivers alone."""
    payloads = [*_payloads(record)]
    if is_received and record.tokens_before:
        payloads.insert(0, _payload(record, EventType.OPTIMIZATION_STARTED))
        if not record.cache_hit and record.route != "bypass":
            payloads.append(_payload(record, EventType.CACHE_MISS))
    return [event_row(record, payload) for payload in payloads]


def event_id(trace_id: uuid.UUID, event_type: str) -> uuid.UUID:
    """The one id of a trace's event of a type: a UUIDv7 of the trace's own millisecond."""
    return id_in_millisecond(trace_id, hashlib.sha256(trace_id.bytes + event_type.encode()).digest())


def event_row(record: TraceRecord, payload: dict[str, Any]) -> Event:
    """The row of an event that belongs to a request."""
    made = event_id(record.id, payload["event_type"])
    return Event(
        id=made,
        project_id=record.project_id,
        trace_id=record.id,
        event_type=payload["event_type"],
        payload=identified(payload, made, record.created_at),
    )


def _payloads(record: TraceRecord) -> Iterator[dict[str, Any]]:
    if record.tokens_before:
        yield _completed(record)
    if failed := [stage["name"] for stage in record.stages if stage.get("status") == "failed"]:
        yield _payload(record, EventType.OPTIMIZATION_FAILED, failure={"stages": failed})
    if record.cache_hit:
        yield _payload(record, EventType.CACHE_HIT)
    if compression := compression_summary(record.blocks):
        yield _payload(record, EventType.COMPRESSION_APPLIED, compression=compression)
    reason = record.fallback_reason if record.fallback_used else None
    if fallback := fallback_summary(reason, record.blocks):
        yield _payload(record, EventType.FALLBACK_TRIGGERED, fallback=fallback)
    if _provider_failed(record):
        provider = {"name": record.provider, "model": record.model, "http_status": record.http_status}
        yield _payload(record, EventType.PROVIDER_ERROR, provider=provider, error=record.error)


def _payload(record: TraceRecord, event_type: EventType, **details: Any) -> dict[str, Any]:
    return create_event(
        event_type, str(record.id), str(record.api_key_id or ""), **{"request": _request(record), **details}
    )


def _completed(record: TraceRecord) -> dict[str, Any]:
    ratio = record.tokens_after / record.tokens_before
    return create_optimization_event(
        str(record.id),
        str(record.api_key_id or ""),
        request={
            "provider": record.provider,
            "model": record.model,
            "messages": range(record.messages_count),
        },
        optimization={
            **_sizes(record),
            "tokens_saved": record.tokens_before - record.tokens_after,
            "compression_ratio": round(ratio, 4),
            "cache_hit": record.cache_hit,
            "fallback_used": record.fallback_used,
            "faithfulness_score": record.faithfulness_score,
        },
        blocks=_blocks_by_fate(record.blocks),
        performance={
            "latency_ms": round(record.latency_ms, 3),
            "stage_timings": {stage["name"]: stage["ms"] for stage in record.stages},
        },
    )


def _request(record: TraceRecord) -> dict[str, Any]:
    return request_summary(record.provider, record.model, record.messages_count)


def _sizes(record: TraceRecord) -> dict[str, Any]:
    return {
        "tokens_before": record.tokens_before,
        "tokens_after": record.tokens_after,
        "route": record.route,
    }


def _blocks_by_fate(blocks: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Sent blocks with their size as sent, dropped ones with their original size."""
    by_fate: dict[str, list[dict[str, Any]]] = {"selected": [], "dropped": []}
    for block in blocks:
        dropped = block["fate"] == "dropped"
        tokens = block["tokens_before"] if dropped else block["tokens_after"]
        by_fate["dropped" if dropped else "selected"].append(
            {"type": block["type"], "tokens": tokens, "reason": block["reason"]}
        )
    return by_fate


def _provider_failed(record: TraceRecord) -> bool:
    """Whether the provider, once asked, refused, broke off or could not be reached.

    Where the client left or this service stopped, an interrupted record has no status.
    """
    if record.upstream_ms is None:
        return False
    return record.status == "error" or (record.status == "interrupted" and record.http_status is not None)
