"""Trace rows for the tests of the pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from optimizer_app.models import Project, RequestTrace
from optimizer_app.trace_ids import first_id_at, new_trace_id
from optimizer_app.traces.partitions import ensure_partitions

_TIME_BITS = 80


def block(before: int, after: int, **fields: Any) -> dict[str, Any]:
    """One block as the recorder stores it; its fate follows from the tokens."""
    fate = "added" if not before else "dropped" if not after else "kept" if before == after else "rewritten"
    return {
        "id": "b",
        "type": "user",
        "kind": "prose",
        "fate": fate,
        "frozen": False,
        "stage": "",
        "reason": "",
        "tokens_before": before,
        "tokens_after": after,
        "turn": 0,
        **fields,
    }


def make_trace(project: Project, *, age: timedelta = timedelta(minutes=1), **fields: Any) -> RequestTrace:
    """A stored trace that began `age` ago: 1,000 tokens of which 400 were sent, unless said otherwise."""
    moment = timezone.now() - age
    ensure_partitions([moment.date()])
    values = {
        "created_at": moment,
        "dialect": "openai",
        "provider": "openai",
        "model": "gpt-4o",
        "config_name": "balanced",
        "config_version": 3,
        "status": "ok",
        "http_status": 200,
        "route": "heuristic_only",
        "tokens_before": 1000,
        "tokens_after": 400,
        "latency_ms": 38.0,
        "stages": [{"name": "logs", "status": "ran", "ms": 30.0, "tokens_cut": 600, "reason": ""}],
        "blocks": [block(600, 600, type="system", turn=-1), block(400, 100, kind="log", reason="log cut")],
    }
    return RequestTrace.objects.create(id=_id_at(moment), project=project, **{**values, **fields})


def _id_at(moment: datetime) -> Any:
    """A fresh id of that moment."""
    fresh = new_trace_id()
    low_bits = fresh.int & ((1 << _TIME_BITS) - 1)
    return type(fresh)(int=first_id_at(moment).int | low_bits)
