"""The list of requests: pages of it by cursor, and the models that it can be filtered by."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from dashboard.traces.rows import TraceRow, trace_rows
from optimizer_app.models.trace import RequestTraceQuerySet

PAGE_SIZE = 50
MAX_TRACES_FOR_MODELS = 2_000


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list. `previous` and `following` are the ids to go on from, or None at an end."""

    rows: list[TraceRow]
    previous: uuid.UUID | None
    following: uuid.UUID | None


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


def models_seen(traces: RequestTraceQuerySet) -> list[str]:
    """The models of the newest requests, for a filter's choices: a look back of fixed cost."""
    newest = traces.order_by("-id").values("model")[:MAX_TRACES_FOR_MODELS]
    return sorted({row["model"] for row in newest if row["model"]})
