"""What a finished request came to, as OpenTelemetry's spans: names of its GenAI conventions, and our own.

The request is one span. Below it stand what the optimizer did, with an event for each stage that cut, and
the provider's part, as a client's call of a model. No text of a prompt or an answer is in them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as gen_ai
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from optimizer_app.traces.record import TraceRecord

_MS = 1_000_000
_PROVIDERS = {
    "openai": gen_ai.GenAiProviderNameValues.OPENAI.value,
    "responses": gen_ai.GenAiProviderNameValues.OPENAI.value,
    "anthropic": gen_ai.GenAiProviderNameValues.ANTHROPIC.value,
}

Attributes = dict[str, Any]


def end_span(tracer: Tracer, span: Span, record: TraceRecord) -> None:
    """End the span of a request, with those below it, as its record says."""
    ended = time.time_ns()
    began = ended - _nanoseconds(record.total_ms)
    span.update_name(_name(record, record.model))
    span.set_attributes({**call_attributes(record), **_own_attributes(record)})
    if record.status != "ok":
        span.set_status(Status(StatusCode.ERROR, record.error))
    if record.stages:
        _optimizing(tracer, span, record, began)
    if record.upstream_ms is not None:
        _calling(tracer, span, record, ended)
    span.end(ended)


def call_attributes(record: TraceRecord) -> Attributes:
    """Whose call it was, as spans and metrics name it."""
    found = {
        gen_ai.GEN_AI_OPERATION_NAME: _operation(record),
        gen_ai.GEN_AI_PROVIDER_NAME: _PROVIDERS.get(record.dialect, record.dialect),
        gen_ai.GEN_AI_REQUEST_MODEL: record.model or None,
        "error.type": _error_type(record),
    }
    return _known(found)


def _error_type(record: TraceRecord) -> str | None:
    """The status code of an error; what became of a request whose status code tells of none."""
    if record.status == "ok":
        return None
    return str(record.http_status) if (record.http_status or 0) >= 400 else record.status


def _name(record: TraceRecord, model: str) -> str:
    return f"{_operation(record)} {model}".strip()


def _operation(record: TraceRecord) -> str:
    return record.relayed or gen_ai.GenAiOperationNameValues.CHAT.value


def _own_attributes(record: TraceRecord) -> Attributes:
    own = {
        "trace_id": str(record.id),
        "project_id": str(record.project_id),
        "config": record.config_name or None,
        "provider": record.provider or None,
        "route": record.route,
        "tokens_before": record.tokens_before,
        "tokens_after": record.tokens_after,
        "tokens_estimated": record.tokens_estimated,
        "cache_hit": record.cache_hit,
        "fallback_reason": record.fallback_reason or None,
        "why_not": str(record.why_not) or None,
        "read_backs": len(record.read_backs) or None,
        "tag": record.tag or None,
        **{f"tag.{name}": value for name, value in record.tags.items()},
    }
    named = {f"token_optimizer.{name}": value for name, value in own.items()}
    return _known({**named, "http.response.status_code": record.http_status})


def _optimizing(tracer: Tracer, span: Span, record: TraceRecord, began: int) -> None:
    inner = tracer.start_span("optimize", set_span_in_context(span), start_time=began)
    for stage in record.stages:
        if stage["tokens_cut"] or stage["status"] == "failed":
            inner.add_event(stage["name"], {key: stage[key] for key in ("status", "ms", "tokens_cut")}, began)
    inner.end(began + _nanoseconds(record.latency_ms))


def _calling(tracer: Tracer, span: Span, record: TraceRecord, ended: int) -> None:
    name = _name(record, record.sent_model or record.model)
    context = set_span_in_context(span)
    began = ended - _nanoseconds(record.upstream_ms)
    inner = tracer.start_span(name, context, SpanKind.CLIENT, start_time=began)
    usage = {
        gen_ai.GEN_AI_USAGE_INPUT_TOKENS: record.usage_input_tokens,
        gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS: record.usage_output_tokens,
        gen_ai.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: record.usage_cached_tokens,
        gen_ai.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS: record.usage_cache_write_tokens,
        gen_ai.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: record.usage_reasoning_tokens,
    }
    inner.set_attributes({**call_attributes(record), **_known(usage)})
    for attempt in record.attempts:
        told = {"provider": attempt.provider, "status": attempt.status, "ms": attempt.ms, "why": attempt.why}
        inner.add_event("attempt", _known(told))
    inner.end(ended)


def _known(attributes: Mapping[str, Any]) -> Attributes:
    return {name: value for name, value in attributes.items() if value is not None}


def _nanoseconds(ms: float | None) -> int:
    return int((ms or 0.0) * _MS)
