"""Spans and metrics of requests, as a collector on a real socket gets them from a real server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from gateway.observing.context import with_trace
from gateway.observing.observer import Observer
from gateway.observing.spans import call_attributes
from optimizer_app.traces.record import TraceRecord
from tests.gateway.accounts import add_mock, new_account
from tests.gateway.prompts import MODEL, openai_agent
from tests.optimizer_app.traces.records import new_record
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.live_server import LiveServer
from tests.servers.local_server import LocalServer, Received, Wire

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"
BODY = {"model": MODEL, "messages": openai_agent()}


class Collector(LocalServer):
    """Takes what exporters post."""

    def answer(self, request: Received, wire: Wire) -> None:
        wire.send(200, b"", {"content-type": "application/x-protobuf"})

    def spans(self) -> dict[str, Span]:
        """By their kind, of the trace that the client began."""
        sent = [ExportTraceServiceRequest.FromString(raw) for raw in self._posted("/v1/traces")]
        groups = [scope for one in sent for group in one.resource_spans for scope in group.scope_spans]
        found = [span for group in groups for span in group.spans if span.trace_id.hex() == TRACE_ID]
        return {Span.SpanKind.Name(span.kind): span for span in found}

    def metric_names(self) -> set[str]:
        sent = [ExportMetricsServiceRequest.FromString(raw) for raw in self._posted("/v1/metrics")]
        groups = [scope for one in sent for group in one.resource_metrics for scope in group.scope_metrics]
        return {metric.name for group in groups for metric in group.metrics}

    def _posted(self, path: str) -> list[bytes]:
        return [request.raw for request in self.requests if request.path == path]


def attributes_of(span: Span) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


@dataclass(frozen=True)
class Served:
    """A request that came to a server with a collector, which has ended since."""

    collector: Collector
    trace_id: str
    log: str


@pytest.fixture
def served(start_server: Callable[..., LiveServer], provider: MockProvider) -> Iterator[Served]:
    provider.default = Reply(cached_tokens=30)
    with Collector() as collector:
        server = start_server(
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            # Spans and metrics come when the server ends.
            OTEL_BSP_SCHEDULE_DELAY="3600000",
            OTEL_METRIC_EXPORT_INTERVAL="3600000",
            OPTIMIZER_LOG_FORMAT="json",
        )
        account = new_account(server)
        add_mock(account, provider)
        headers = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01", "x-optimizer-tags": "customer=acme"}
        answer = account.post("/v1/chat/completions", BODY, headers=headers)
        assert answer.status_code == 200
        server.process.terminate()
        server.process.wait()
        yield Served(collector, answer.headers["x-optimizer-trace-id"], server.log())


def test_a_request_is_told_to_a_collector(served: Served, provider: MockProvider) -> None:
    spans = served.collector.spans()
    check_tree(spans, provider.requests[0].headers["traceparent"])
    check_attributes(spans, served.trace_id)
    assert served.collector.metric_names() >= {
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
        "token_optimizer.removed_tokens",
    }
    said = [message["content"].encode() for message in BODY["messages"] if message.get("content")]
    assert not any(text in request.raw for text in said for request in served.collector.requests)
    lines = [json.loads(line) for line in served.log.splitlines()]
    assert all({"timestamp", "level", "event"} <= set(line) for line in lines)


def check_tree(spans: Mapping[str, Span], sent_traceparent: str) -> None:
    request, call = spans["SPAN_KIND_SERVER"], spans["SPAN_KIND_CLIENT"]
    assert request.parent_span_id.hex() == PARENT_ID
    assert call.parent_span_id == spans["SPAN_KIND_INTERNAL"].parent_span_id == request.span_id
    # The provider's own spans come below the request.
    assert sent_traceparent == f"00-{TRACE_ID}-{request.span_id.hex()}-01"
    assert request.start_time_unix_nano <= call.start_time_unix_nano < call.end_time_unix_nano


def check_attributes(spans: Mapping[str, Span], trace_id: str) -> None:
    call = spans["SPAN_KIND_CLIENT"]
    told, usage = attributes_of(spans["SPAN_KIND_SERVER"]), attributes_of(call)
    assert told["token_optimizer.trace_id"] == trace_id
    assert told["token_optimizer.tokens_before"] > told["token_optimizer.tokens_after"]
    assert told["token_optimizer.tag.customer"] == "acme"
    assert (call.name, usage["gen_ai.provider.name"]) == (f"chat {MODEL}", "openai")
    assert usage["gen_ai.usage.input_tokens"] == told["token_optimizer.tokens_after"]
    assert usage["gen_ai.usage.cache_read.input_tokens"] == 30


def test_without_a_collector_headers_stay_as_they_came() -> None:
    headers = [("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01"), ("tracestate", "vendor=1")]
    assert with_trace(headers) is headers


@pytest.mark.parametrize(
    ("status", "http_status", "error_type"),
    [("ok", 200, None), ("error", 429, "429"), ("interrupted", 200, "interrupted"), ("error", 200, "error")],
)
def test_an_error_is_named_by_its_status(status: str, http_status: int, error_type: str | None) -> None:
    record = new_record(uuid.uuid4(), status=status, http_status=http_status)
    assert call_attributes(record).get("error.type") == error_type


def test_without_spans_the_provider_stays_in_the_callers_trace() -> None:
    observer = Observer(None, MeterProvider(shutdown_on_exit=False))
    sent = [("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01")]
    for headers in ([], sent):
        context = copy_context()
        context.run(observer.observed, [], dict(headers)).append(new_record(uuid.uuid4()))
        assert context.run(with_trace, headers) == headers
    observer.close()


def test_what_cannot_be_observed_breaks_no_request() -> None:
    observer = Observer(TracerProvider(shutdown_on_exit=False), MeterProvider(shutdown_on_exit=False))
    records: list[TraceRecord] = []
    record = new_record(uuid.uuid4(), stages=[{"a stage": "without its fields"}])
    copy_context().run(observer.observed, records, {}).append(record)
    assert records == [record]
    observer.close()
