"""The list of requests: pages of it by cursor."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.requests.searching import Span, next_traces
from dashboard.traces.rows import TraceRow, rows_of
from optimizer_app.clickhouse.stored import TraceRows

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list. `previous` and `following` are the ids to go on from, or None at an end."""

    rows: list[TraceRow]
    previous: uuid.UUID | None
    following: uuid.UUID | None


def page_of(
    traces: TraceRows,
    *,
    oldest_first: bool,
    start: uuid.UUID | None,
    back: bool,
    spans: Sequence[Span] | None = None,
) -> Page:
    """The page that follows `start` in the list's order, or with `back` the one that ends before it.

    `spans` are where the traces are, None where that is not known.
    """
    ascending = oldest_first != back
    found = traces.select_related("project").order_by("id" if ascending else "-id")
    if start is not None:
        found = found.filter(id__gt=start) if ascending else found.filter(id__lt=start)
    if spans is None:
        rows = rows_of(found[: PAGE_SIZE + 1])
    else:
        rows = rows_of(next_traces(found, spans, PAGE_SIZE + 1, ascending=ascending, after=start))
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
