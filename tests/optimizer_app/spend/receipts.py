"""Traces with receipts, as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from optimizer_app.models import Project, RequestTrace
from optimizer_app.traces.record import BreakpointRecord, ReReadRecord
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record

CLAUDE = "claude-sonnet-4-5"


def receipt_of(project: Project, **fields: Any) -> RequestTrace:
    """The trace of a request to gpt-4o that was cut from 1,000 to 300 tokens, 305 by the provider's count."""
    record = new_record(project.pk, created_at=datetime.now(UTC), **fields)
    store([record])
    return RequestTrace.objects.get(pk=record.id)


def claude_receipt(project: Project, **fields: Any) -> RequestTrace:
    """One to Claude, cached by breakpoints of ours, of whose cuts something was read again."""
    usual: dict[str, Any] = {
        "model": CLAUDE,
        "dialect": "anthropic",
        "provider": "anthropic",
        "tag": "nightly",
        "usage_input_tokens": 300,
        "usage_cached_tokens": 200,
        "usage_cache_write_tokens": 50,
        "usage_cache_write_1h_tokens": 20,
        "usage_output_tokens": 10,
        "breakpoints_added": [BreakpointRecord("newest_turn", "5m")],
        "re_reads": [ReReadRecord("read_file", "logs", 2, 100, "1")],
    }
    return receipt_of(project, **{**usual, **fields})
