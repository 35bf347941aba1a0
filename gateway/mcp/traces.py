"""`why_cut` and `find_requests`: what was cut from one request and why, and which requests there were."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

from django.utils import timezone
from pydantic import Field

from gateway.mcp.arguments import Arguments
from gateway.mcp.asking import Asked, ToolFailed
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import RequestTrace
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.flags import FLAGS

MAX_BLOCKS = 100
MAX_REQUESTS = 100
_OF_TRACE = (
    "id", "created_at", "model", "provider", "config_name", "config_version", "status", "route", "error",
    "tokens_before", "tokens_after", "fallback_reason", "over_budget", "latency_ms", "net_usd", "billed_usd",
    "tag", "stream", "conversation_id",
)  # fmt: skip
_OF_BLOCK = (
    "id", "type", "kind", "turn", "fate", "frozen", "stage", "reason", "tokens_before", "tokens_after",
    "utility", "worth", "faithfulness",
)  # fmt: skip

Flag = Literal[*FLAGS]  # type: ignore[valid-type]


class CutQuestion(Arguments):
    trace_id: uuid.UUID = Field(
        description="`trace_id` of an answer's `optimizer_stats`, or of find_requests."
    )
    block: int | None = Field(
        None, ge=1, description="Its place in the prompt, from 1; without it all changed."
    )


class RequestFilters(Arguments):
    model: str | None = None
    config: str | None = Field(None, description="The name of a config.")
    status: Literal["ok", "interrupted", "error"] | None = None
    route: str | None = None
    tag: str | None = None
    conversation: uuid.UUID | None = None
    flag: Flag | None = Field(None, description="Only requests of which this is true.")
    min_tokens: int | None = Field(None, ge=1, description="Of the prompt as it came.")
    since: datetime | None = Field(None, description="Seven days ago where it is not given.")
    until: datetime | None = None
    before: uuid.UUID | None = Field(None, description="`next_before` of the page before.")
    limit: int = Field(20, ge=1, le=MAX_REQUESTS)


async def why_cut(asked: Asked, question: CutQuestion) -> dict[str, Any]:
    # A request that was just answered may still be on its way into the database.
    asked.gateway.recorder.nudge()
    of_project = stored_traces().filter(project_id=asked.caller.project_id)
    trace = await asked.read(lambda: of_project.filter(id=question.trace_id).first())
    if trace is None:
        raise ToolFailed(f"no trace '{question.trace_id}' in this project")
    numbered = list(enumerate(trace.blocks, 1))
    if question.block is None:
        wanted = [(number, block) for number, block in numbered if block.get("fate") != "kept"][:MAX_BLOCKS]
    elif question.block <= len(numbered):
        wanted = [numbered[question.block - 1]]
    else:
        raise ToolFailed(f"block {question.block}: the prompt has {len(numbered)} blocks")
    return {
        **_as_row(trace),
        "masked": trace.masked,
        "blocks_in_all": len(numbered),
        "blocks": [{"block": number, **_chosen(block)} for number, block in wanted],
        "stages": trace.stages,
    }


async def find_requests(asked: Asked, filters: RequestFilters) -> dict[str, Any]:
    found = await asked.read(lambda: _found(asked.caller.project_id, filters))
    more = len(found) > filters.limit
    rows = found[: filters.limit]
    return {"requests": [_as_row(row) for row in rows], "next_before": rows[-1].id if more else None}


def _found(project_id: uuid.UUID, filters: RequestFilters) -> list[RequestTrace]:
    names = {"model": "model", "config": "config_name", "status": "status", "route": "route", "tag": "tag"}
    given = {column: getattr(filters, name) for name, column in names.items()}
    given |= {"conversation_id": filters.conversation, "tokens_before__gte": filters.min_tokens}
    given |= {"id__lt": filters.before}
    traces = stored_traces().filter(project_id=project_id, **_without_none(given)).without_details()
    traces = traces.since(filters.since or timezone.now() - timedelta(days=7))
    if filters.until is not None:
        traces = traces.filter(id__lt=first_id_at(filters.until))
    if filters.flag is not None:
        traces = traces.filter(FLAGS[filters.flag].condition)
    return list(traces.order_by("-id")[: filters.limit + 1])


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _as_row(trace: RequestTrace) -> dict[str, Any]:
    row = {name: getattr(trace, name) for name in _OF_TRACE}
    return {"trace_id": row.pop("id"), **row, "tokens_saved": trace.tokens_saved}


def _chosen(block: dict[str, Any]) -> dict[str, Any]:
    return {name: block[name] for name in _OF_BLOCK if block.get(name) is not None}
