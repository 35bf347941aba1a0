"""Spans and metrics of requests, as a collector on a real socket gets them from a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from gateway.observing.context import with_trace
from tests.gateway.accounts import add_mock, new_account
from tests.gateway.prompts import MODEL, openai_agent
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
        posted = [request for request in self.requests if request.path == "/v1/traces"]
        sent = [ExportTraceServiceRequest.FromString(request.raw) for request in posted]
        found = [
            span
            for one in sent
            for group in one.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]
        return {Span.SpanKind.Name(span.kind): span for span in found}

    def metric_names(self) -> set[str]:
        posted = [request for request in self.requests if request.path == "/v1/metrics"]
        sent = [ExportMetricsServiceRequest.FromString(request.raw) for request in posted]
        groups = [scope for one in sent for group in one.resource_metrics for scope in group.scope_metrics]
        return {metric.name for group in groups for metric in group.metrics}


def attributes_of(span: Span) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


def test_a_request_is_told_to_a_collector(
    start_server: Callable[..., LiveServer], provider: MockProvider
) -> None:
    provider.default = Reply(cached_tokens=30)
    with Collector() as collector:
        server = start_server(
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="50",
            # Metrics come when the server ends.
            OTEL_METRIC_EXPORT_INTERVAL="3600000",
            OPTIMIZER_LOG_FORMAT="json",
        )
        account = new_account(server)
        add_mock(account, provider)
        headers = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01", "x-optimizer-tags": "customer=acme"}
        answer = account.post("/v1/chat/completions", BODY, headers=headers)
        assert answer.status_code == 200
        collector.wait_for(1)
        server.process.terminate()
        server.process.wait()

    spans = collector.spans()
    request, call = spans["SPAN_KIND_SERVER"], spans["SPAN_KIND_CLIENT"]
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE_ID, PARENT_ID)
    assert call.parent_span_id == spans["SPAN_KIND_INTERNAL"].parent_span_id == request.span_id
    # The provider's own spans come below the request.
    assert provider.requests[0].headers["traceparent"] == f"00-{TRACE_ID}-{request.span_id.hex()}-01"
    assert request.start_time_unix_nano <= call.start_time_unix_nano < call.end_time_unix_nano

    told, usage = attributes_of(request), attributes_of(call)
    assert told["token_optimizer.trace_id"] == answer.headers["x-optimizer-trace-id"]
    assert told["token_optimizer.tokens_before"] > told["token_optimizer.tokens_after"]
    assert told["token_optimizer.tag.customer"] == "acme"
    assert (call.name, usage["gen_ai.provider.name"]) == (f"chat {MODEL}", "openai")
    assert usage["gen_ai.usage.input_tokens"] == told["token_optimizer.tokens_after"]
    assert usage["gen_ai.usage.cache_read.input_tokens"] == 30

    assert collector.metric_names() >= {
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
        "token_optimizer.removed_tokens",
    }
    said = [message["content"].encode() for message in BODY["messages"] if message.get("content")]
    assert not any(text in request.raw for text in said for request in collector.requests)
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert all({"timestamp", "level", "event"} <= set(line) for line in lines)


def test_without_a_collector_headers_stay_as_they_came() -> None:
    headers = [("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01"), ("tracestate", "vendor=1")]
    assert with_trace(headers) is headers
