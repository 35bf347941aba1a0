"""Which trace a request belongs to, as W3C Trace Context writes it, and the headers with it."""

from __future__ import annotations

from contextvars import ContextVar

Headers = list[tuple[str, str]]
# Each request runs in a task of its own.
_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


def set_trace(trace_id: int, span_id: int, flags: int) -> None:
    """The current request is this span."""
    _traceparent.set(f"00-{trace_id:032x}-{span_id:016x}-{flags:02x}")


def with_trace(headers: Headers) -> Headers:
    """The headers to a provider, which name the current request's span; as they came where it has none."""
    traceparent = _traceparent.get()
    if not traceparent:
        return headers
    return [*(header for header in headers if header[0] != "traceparent"), ("traceparent", traceparent)]
