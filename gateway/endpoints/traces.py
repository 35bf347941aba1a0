"""`GET /v1/traces/{id}`: what one request cost and what was cut from it, for its own project."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from gateway.endpoints.base import JsonAnswer, known_caller
from gateway.errors import NotFound
from gateway.requests.client import Client
from gateway.state import Gateway
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import RequestTrace


async def show_trace(gateway: Gateway, client: Client, params: Mapping[str, str]) -> JsonAnswer:
    caller = await known_caller(gateway, client)
    trace_id = asked_trace_id(params["trace_id"])
    # A client that asks at once should not wait for the next batch.
    gateway.recorder.nudge()
    columns = await gateway.from_database(lambda: _columns(caller.project_id, trace_id))
    if columns is None:
        raise unknown_trace(params["trace_id"])
    return JsonAnswer(orjson.dumps(columns, default=_number))


def asked_trace_id(text: str) -> uuid.UUID:
    """The id in a path; NotFound for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise unknown_trace(text) from None


def unknown_trace(text: str) -> NotFound:
    """The error for a trace that the caller's project has not."""
    # The same words for another project's: that it exists is not for this caller to know.
    return NotFound(f"no trace {text[:60]!r} in this project", param="id")


def _columns(project_id: uuid.UUID, trace_id: uuid.UUID) -> dict[str, Any] | None:
    """Every column of the trace, and what follows from them."""
    trace = stored_traces().filter(project_id=project_id, id=trace_id).first()
    if trace is None:
        return None
    columns = {field.attname: getattr(trace, field.attname) for field in RequestTrace._meta.concrete_fields}
    before, after = trace.tokens_before, trace.tokens_after
    retrieved, replaced = trace.retrieved_and_replaced
    return columns | {
        "trace_id": trace.id,
        "tokens_saved": trace.tokens_saved,
        "tokens_retrieved": retrieved,
        "tokens_replaced": replaced,
        "compression_ratio": round(after / before, 4) if before else 1.0,
    }


def _number(value: object) -> float:
    """Money, which JSON has no type for."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no column of a trace")
