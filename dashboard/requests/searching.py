"""Finds a list's next requests without reading all that lie between: rollups say which spans hold any.

Before: the 51 newest of the last 90 days whose stage failed. After: those of today, and where these are too
few those of yesterday, and so on; days without any are never read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.shell.scope import Scope
from dashboard.traces.filters import RequestFilter
from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import RequestTrace
from optimizer_app.rollups.reading import Stretch, sums
from optimizer_app.trace_ids import first_id_at, made_at


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with at most `count` requests of a list."""

    start: datetime
    end: datetime
    count: int


def spans_of(scope: Scope, form: RequestFilter) -> list[Span]:
    """The steps of the scope's window that may hold requests that the filters let through, oldest first."""
    window, measure = scope.window, form.measure
    stretch = Stretch(window.start, window.end, window.step)
    rows = sums(form.selection(scope), stretch, ("bucket",), (measure,))
    found = [Span(row["bucket"], row["bucket"] + window.step, row[measure]) for row in rows if row[measure]]
    return sorted(found, key=lambda span: span.start)


def next_traces(
    traces: TraceRows,
    spans: Sequence[Span],
    limit: int,
    *,
    ascending: bool,
    after: uuid.UUID | None,
) -> list[RequestTrace]:
    """At most so many of the traces, in their order, from `after` on; only the spans are looked through."""
    found: list[RequestTrace] = []
    ahead = [span for span in spans if after is None or _is_ahead(span, made_at(after), ascending=ascending)]
    for part in _parts(ahead if ascending else reversed(ahead), limit):
        inside = traces.filter(id__gte=first_id_at(part.start), id__lt=first_id_at(part.end))
        found += list(inside[: limit - len(found)])
        if len(found) == limit:
            break
    return found


def _is_ahead(span: Span, moment: datetime, *, ascending: bool) -> bool:
    return span.end > moment if ascending else span.start <= moment


def _parts(spans: Iterable[Span], enough: int) -> Iterator[Span]:
    """Neighbouring spans as one, as long as they hold too few."""
    part: Span | None = None
    for span in spans:
        if part is not None and part.count < enough and (span.start == part.end or span.end == part.start):
            start, end = min(part.start, span.start), max(part.end, span.end)
            part = Span(start, end, part.count + span.count)
            continue
        if part is not None:
            yield part
        part = span
    if part is not None:
        yield part
