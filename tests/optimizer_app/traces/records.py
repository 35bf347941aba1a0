"""Records as the gateway makes them, and what became of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimizer_app.trace_ids import new_trace_id
from optimizer_app.traces.record import TraceRecord
from tests.patience import PATIENCE_SECONDS

BLOCKS = [
    {
        "id": "1",
        "type": "user",
        "kind": "log",
        "fate": "rewritten",
        "frozen": False,
        "stage": "logs",
        "reason": "cut to its errors",
        "tokens_before": 900,
        "tokens_after": 300,
        "turn": 0,
    },
    {
        "id": "2",
        "type": "assistant",
        "kind": "prose",
        "fate": "dropped",
        "frozen": False,
        "stage": "dedupe",
        "reason": "a copy",
        "tokens_before": 100,
        "tokens_after": 0,
        "turn": 1,
    },
]
STAGES = [{"name": "logs", "status": "ran", "ms": 1.25, "tokens_cut": 600, "reason": ""}]


def new_record(project_id: uuid.UUID | str, **fields: Any) -> TraceRecord:
    """A record of a request that went well, with single fields replaced."""
    usual: dict[str, Any] = {
        "id": new_trace_id(),
        "project_id": uuid.UUID(str(project_id)),
        "created_at": datetime.now(UTC),
        "dialect": "openai",
        "provider": "openai",
        "model": "gpt-4o",
        "status": "ok",
        "http_status": 200,
        "route": "heuristic_only",
        "tokens_before": 1000,
        "tokens_after": 300,
        "latency_ms": 12.5,
        "upstream_ms": 200.0,
        "total_ms": 215.0,
        "usage_input_tokens": 305,
        "usage_output_tokens": 20,
        "stages": STAGES,
        "blocks": BLOCKS,
        "messages_count": 3,
    }
    return TraceRecord(**{**usual, **fields})


def segments(directory: Path) -> list[Path]:
    """The journal's files that still wait to be stored."""
    return sorted(directory.glob("*.jsonl"))


def eventually(holds: Callable[[], object], within_seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds that another thread or process brings about."""
    give_up_at = time.monotonic() + within_seconds
    while not holds():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"it did not come true in {within_seconds} s")
        time.sleep(0.02)
