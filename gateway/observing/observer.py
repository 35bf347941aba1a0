"""Observes requests: a span begins with each, and ends with its record."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NoOpTracer, Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.observing.context import set_trace
from gateway.observing.measurements import Measurements
from gateway.observing.spans import end_span
from optimizer_app.traces.journal.recorder import Journal
from optimizer_app.traces.record import TraceRecord

STOP_SECONDS = 2.0
_SCOPE = "token_optimizer"
_PROPAGATOR = TraceContextTextMapPropagator()

log = structlog.get_logger(__name__)


class Observer:
    """The spans and metrics of one worker's requests. Without `traces` there are no spans, and the provider's
    call goes on in the caller's trace."""

    def __init__(self, traces: TracerProvider | None, metrics: MeterProvider) -> None:
        self._providers = [provider for provider in (traces, metrics) if provider is not None]
        self._tracer = NoOpTracer() if traces is None else traces.get_tracer(_SCOPE)
        self._measurements = Measurements(metrics.get_meter(_SCOPE))

    def observed(self, journal: Journal, headers: Mapping[str, str]) -> Journal:
        """The journal of a request with these headers: its record ends the span that begins now."""
        parent = _PROPAGATOR.extract(headers)
        span = self._tracer.start_span("request", parent, SpanKind.SERVER)
        named = span.get_span_context()
        if named.is_valid:
            set_trace(named.trace_id, named.span_id, named.trace_flags)
        return _ObservedJournal(journal, self._tracer, self._measurements, span)

    def close(self) -> None:
        """Send what waits, if neither takes longer than STOP_SECONDS: the SDK would go on asking a collector
        that is not there."""
        closing = [threading.Thread(target=provider.shutdown, daemon=True) for provider in self._providers]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(STOP_SECONDS)


@dataclass(frozen=True, slots=True)
class _ObservedJournal:
    journal: Journal
    tracer: Tracer
    measurements: Measurements
    span: Span

    def append(self, record: TraceRecord) -> None:
        self.journal.append(record)
        try:
            end_span(self.tracer, self.span, record.spelled_out())
            self.measurements.add(record)
        except Exception as error:
            # The request has been served and recorded: what cannot be observed of it must not break it.
            log.warning("request_not_observed", error=type(error).__name__)
