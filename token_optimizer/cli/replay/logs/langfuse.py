"""Langfuse: generations exported from its tables as JSON, JSONL or CSV, from its API, or to a bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from token_optimizer.cli.reading import body_dialect
from token_optimizer.cli.replay.logs.request import LoggedRequest, Row
from token_optimizer.cli.replay.logs.values import are_messages, first, parsed, seconds
from token_optimizer.dialects.bodies import conversation_key, detect_dialect

NAME = "Langfuse"
_TRACE = ("traceId", "trace_id")
_START = ("startTime", "start_time")
_SESSION = ("sessionId", "session_id", *_TRACE)
_MODEL = ("model", "providedModelName", "provided_model_name", "modelId", "model_id")


def is_own(row: Row) -> bool:
    return "input" in row and any(name in row for name in _TRACE) and any(name in row for name in _START)


def requests(rows: Iterable[Row]) -> Iterator[LoggedRequest]:
    for row in rows:
        body = _body(row)
        if body is not None and str(row.get("type") or "GENERATION").upper() == "GENERATION":
            session = str(first(row, *_SESSION) or "")
            yield LoggedRequest(body, body_dialect(body), seconds(first(row, *_START)), session)


def _body(row: Row) -> dict[str, Any] | None:
    """What the SDKs note as input: a list of messages, or an object with messages and tools."""
    given = parsed(row.get("input"))
    model = {"model": first(row, *_MODEL)}
    if are_messages(given):
        return {**model, conversation_key(detect_dialect(given)): given}
    if isinstance(given, dict) and (are_messages(given.get("messages")) or given.get("input")):
        return {**given, **model}
    if isinstance(given, str) and given:
        return {**model, "messages": [{"role": "user", "content": given}]}
    return None
