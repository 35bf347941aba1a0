"""The rows of request tables: a trace with its strip and its flags, and pages of them by cursor."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from dashboard.request.blocks import block_rows
from dashboard.request.strip import SmallStrip, small_strip
from optimizer_app.models import RequestTrace
from optimizer_app.models.trace import RequestTraceQuerySet

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class TraceRow:
    trace: RequestTrace
    strip: SmallStrip

    @property
    def flags(self) -> list[tuple[str, str]]:
        """What to look at: (level, word) pairs."""
        trace = self.trace
        found = []
        if any(stage.get("status") == "failed" for stage in trace.stages):
            found.append(("danger", "stage failed"))
        if trace.status == RequestTrace.Status.ERROR:
            found.append(("danger", f"error {trace.http_status or ''}".strip()))
        if trace.status == RequestTrace.Status.INTERRUPTED:
            found.append(("warn", "interrupted"))
        if trace.fallback_used:
            found.append(("warn", "fell back"))
        if trace.over_budget:
            found.append(("warn", "over budget"))
        if trace.compacted:
            found.append(("more", "compaction"))
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list. `previous` and `following` are the ids to go on from, or None at an end."""

    rows: list[TraceRow]
    previous: uuid.UUID | None
    following: uuid.UUID | None


def trace_rows(traces: RequestTraceQuerySet) -> list[TraceRow]:
    return [
        TraceRow(trace, small_strip(block_rows(trace.blocks))) for trace in traces.select_related("project")
    ]


def page_of(traces: RequestTraceQuerySet, *, oldest_first: bool, start: uuid.UUID | None, back: bool) -> Page:
    """The page that follows `start` in the list's order, or with `back` the one that ends before it."""
    ascending = oldest_first != back
    found = traces.order_by("id" if ascending else "-id")
    if start is not None:
        found = found.filter(id__gt=start) if ascending else found.filter(id__lt=start)
    rows = trace_rows(found[: PAGE_SIZE + 1])
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    if back:
        rows.reverse()
    has_previous = more if back else start is not None
    has_following = start is not None if back else more
    return Page(
        rows,
        previous=rows[0].trace.pk if rows and has_previous else None,
        following=rows[-1].trace.pk if rows and has_following else None,
    )
