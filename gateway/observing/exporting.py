"""OpenTelemetry's SDK, set up by its own environment variables.

Without an endpoint neither it nor the exporters are set up.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.observing.observer import Observer

_SERVICE = "token-optimizer"


@asynccontextmanager
async def opened_observer() -> AsyncIterator[Observer | None]:
    """What observes requests, until what waits is sent; None where there is nowhere to send to."""
    if not (sends("TRACES") or sends("METRICS")):
        yield None
        return
    # Takes half a second to import.
    observer = await asyncio.to_thread(_observer)
    try:
        yield observer
    finally:
        await asyncio.to_thread(observer.close)


def sends(signal: str) -> bool:
    """Whether there is an endpoint for TRACES, or for METRICS: its own, or the common one."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return any(os.environ.get(name) for name in names)


def _observer() -> Observer:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from gateway.observing.observer import Observer

    resource = Resource.create({} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": _SERVICE})
    traces = None
    if sends("TRACES"):
        traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if sends("METRICS") else []
    metrics = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    return Observer(traces, metrics)
