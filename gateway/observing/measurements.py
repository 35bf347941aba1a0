"""What requests came to, as OpenTelemetry's metrics: names of its GenAI conventions, and our own."""

from __future__ import annotations

from opentelemetry.metrics import Meter
from opentelemetry.semconv._incubating.attributes.gen_ai_attributes import GEN_AI_TOKEN_TYPE
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from gateway.observing.spans import call_attributes
from optimizer_app.traces.record import TraceRecord


class Measurements:
    """The instruments, to which each record adds."""

    def __init__(self, meter: Meter) -> None:
        self._usage = gen_ai_metrics.create_gen_ai_client_token_usage(meter)
        self._durations = gen_ai_metrics.create_gen_ai_client_operation_duration(meter)
        self._first_chunks = gen_ai_metrics.create_gen_ai_client_operation_time_to_first_chunk(meter)
        self._requests = meter.create_counter("token_optimizer.requests", "{request}", "Requests")
        self._removed = meter.create_counter("token_optimizer.removed_tokens", "{token}", "Tokens cut")
        self._added = meter.create_histogram("token_optimizer.added_latency", "s", "What optimizing took")

    def add(self, record: TraceRecord) -> None:
        """Count one finished request."""
        call = call_attributes(record)
        own = {"token_optimizer.route": record.route, "token_optimizer.config": record.config_name}
        self._requests.add(1, {**call, **own})
        self._removed.add(max(record.tokens_before - record.tokens_after, 0), own)
        self._added.record(record.latency_ms / 1000, own)
        for kind, tokens in (("input", record.usage_input_tokens), ("output", record.usage_output_tokens)):
            if tokens is not None:
                self._usage.record(tokens, {**call, GEN_AI_TOKEN_TYPE: kind})
        if record.upstream_ms is not None:
            self._durations.record(record.upstream_ms / 1000, call)
        if record.first_byte_ms is not None:
            self._first_chunks.record(record.first_byte_ms / 1000, call)
