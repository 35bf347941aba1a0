"""What can be taken away: tables as CSV, a trace as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from dashboard.overview.figures import Bucket
from optimizer_app.models import RequestTrace

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_TRACE_FIELDS = (
    "id",
    "created_at",
    "dialect",
    "provider",
    "model",
    "config_name",
    "config_version",
    "stream",
    "status",
    "http_status",
    "error",
    "route",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "tokens_estimated",
    "cache_hit",
    "fallback_used",
    "fallback_reason",
    "compacted",
    "over_budget",
    "faithfulness_score",
    "latency_ms",
    "upstream_ms",
    "total_ms",
    "usage_input_tokens",
    "usage_cached_tokens",
    "usage_cache_write_tokens",
    "usage_output_tokens",
    "gross_usd",
    "net_usd",
)


def trace_as_dict(trace: RequestTrace) -> dict[str, Any]:
    """Every stored figure of one request, with its blocks and stages."""
    fields = {name: getattr(trace, name) for name in _TRACE_FIELDS}
    return {"project": trace.project.name, **fields, "stages": trace.stages, "blocks": trace.blocks}


def traces_csv(traces: Iterable[RequestTrace]) -> HttpResponse:
    rows = ([trace.project.name, *(getattr(trace, name) for name in _TRACE_FIELDS)] for trace in traces)
    return _csv_file("requests.csv", ("project", *_TRACE_FIELDS), rows)


def buckets_csv(buckets: Iterable[Bucket]) -> HttpResponse:
    names = (
        "start",
        "requests",
        "tokens_before",
        "tokens_after",
        "gross_usd",
        "net_usd",
        "p50_ms",
        "p95_ms",
        "p99_ms",
    )
    rows = ([getattr(bucket, name) for name in names] for bucket in buckets)
    return _csv_file("overview.csv", names, rows)


def _csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> Any:
    """Times in ISO 8601; a text that a spreadsheet would run as a formula is quoted."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
