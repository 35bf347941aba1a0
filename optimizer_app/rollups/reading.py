"""Reads the sums of any window: from rollups where it is rolled up, from the traces where it is not yet."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models import Q

from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.models import RollupState
from optimizer_app.replica.router import trace_alias
from optimizer_app.rollups.copied import added_rows, copied_sums, readable_until
from optimizer_app.rollups.measures import MEASURES, TRACES
from optimizer_app.rollups.spans import SPANS, Piece, pieces
from optimizer_app.rollups.tables import Rollup, selected
from optimizer_app.trace_ids import first_id_at

_FIRST_ID = uuid.UUID(int=0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A request belongs to its id's moment, which its time may differ from by a millisecond.
_FROM_TRACES = """
(WITH traced AS MATERIALIZED ({rows})
SELECT least(greatest(date_trunc('minute', created_at), %s), %s) AS start, {names}, {measures}
FROM traced GROUP BY 1, {names})
"""
_FROM_ROLLUPS = """
SELECT start, {names}, {measures} FROM {table}
WHERE seconds = %s AND is_whole = %s AND start >= %s AND start < %s AND {condition}
"""
# Enough for groups by hash; by default PostgreSQL sorts them on the disk, in twice the time.
_ROOM = "SET LOCAL work_mem = '32MB'"
_ADDED = "SELECT {columns} FROM ({parts}) AS parts {grouped}"


@dataclass(frozen=True, slots=True)
class Selection:
    """The requests that are summed: of these projects, of one config, model, key, tag, route where given."""

    project_ids: tuple[uuid.UUID, ...]
    config_name: str = ""
    config_version: int | None = None
    model: str = ""
    api_key_id: uuid.UUID | None = None
    tag: str = ""
    route: str = ""

    @property
    def chosen(self) -> dict[str, Any]:
        """What is given besides the projects, by its column."""
        names = ("config_name", "config_version", "model", "api_key_id", "tag", "route")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    @property
    def condition(self) -> tuple[str, list[Any]]:
        """The same for traces and for rollups, whose columns have the same names."""
        parts = ["project_id = ANY(%s)", *(f"{name} = %s" for name in self.chosen)]
        return " AND ".join(parts), [list(self.project_ids), *self.chosen.values()]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of time. With a `step` sums can be had for each step of it."""

    start: datetime
    end: datetime
    step: timedelta = SPANS[-1]

    @property
    def bucket(self) -> str:
        """The number of steps since 1970, in SQL."""
        return f"floor(extract(epoch FROM start) / {int(self.step.total_seconds())})::bigint"


def sums(
    selection: Selection,
    stretch: Stretch,
    by: Sequence[str] = (),
    measures: Sequence[str] = MEASURES,
    rollup: Rollup = TRACES,
) -> list[dict[str, Any]]:
    """The measures for each group of requests that agree in `by`: names of dimensions, or "bucket".

    A bucket is the start of a step. Without `by` there is one row, whose sums are None for no requests.
    """
    if "bucket" in by:
        spans = [span for span in SPANS if not stretch.step % span]
    else:
        spans = list(SPANS)
    found = pieces(stretch.start, stretch.end, rolled_until(), spans)
    copied, until = _copied(rollup, found, selection, stretch.step, by, measures)
    is_whole = not selection.chosen and set(by) <= {"bucket", *rollup.whole}
    sources = [
        _source(rollup, piece, selection, measures, until, is_whole=is_whole)
        for piece in found
        if piece.span is not None or first_id_at(piece.end) > until
    ]
    rows = _in_postgres(rollup, sources, stretch, by, measures, is_whole=is_whole) if sources else []
    if copied:
        rows = added_rows([*rows, *copied], by, measures)
    for row in rows if "bucket" in by else ():
        row["bucket"] = _EPOCH + row["bucket"] * stretch.step
    return rows


def _copied(
    rollup: Rollup,
    found: Sequence[Piece],
    selection: Selection,
    step: timedelta,
    by: Sequence[str],
    measures: Sequence[str],
) -> tuple[list[dict[str, Any]], uuid.UUID]:
    """The sums of what ClickHouse has of the pieces that are read from traces, and up to which id that is."""
    until = readable_until()
    rows: list[dict[str, Any]] = []
    try:
        for piece in found:
            first, end = first_id_at(piece.start), min(first_id_at(piece.end), until)
            if piece.span is None and first < end:
                filters = Q(
                    project_id__in=selection.project_ids, id__gte=first, id__lt=end, **selection.chosen
                )
                within = piece.start, piece.end - timedelta.resolution
                rows += copied_sums(rollup, filters, by, measures, within, step)
    except ClickHouseAway:
        return [], _FIRST_ID
    return rows, until


def _in_postgres(
    rollup: Rollup,
    sources: Sequence[tuple[str, list[Any]]],
    stretch: Stretch,
    by: Sequence[str],
    measures: Sequence[str],
    *,
    is_whole: bool,
) -> list[dict[str, Any]]:
    keys = [stretch.bucket if name == "bucket" else name for name in by]
    named = [f"{key} AS {name}" for key, name in zip(keys, by, strict=True)]
    query = _ADDED.format(
        columns=", ".join([*named, selected(rollup.added, measures)]),
        parts=" UNION ALL ".join(query for query, _ in sources),
        grouped=f"GROUP BY {', '.join(keys)}" if keys else "",
    )
    alias = trace_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        if not is_whole:
            cursor.execute(_ROOM)
        cursor.execute(query, [value for _, values in sources for value in values])
        return [dict(zip((*by, *measures), row, strict=True)) for row in cursor.fetchall()]


def rolled_until() -> datetime:
    """Up to when everything is rolled up."""
    state = RollupState.objects.first()
    return state.rolled_until if state else _EPOCH


def _source(
    rollup: Rollup,
    piece: Piece,
    selection: Selection,
    measures: Sequence[str],
    first_id: uuid.UUID,
    *,
    is_whole: bool,
) -> tuple[str, list[Any]]:
    """The rows of a piece, with the same columns wherever they come from; traces from `first_id` on."""
    condition, values = selection.condition
    if piece.span is not None:
        query = _FROM_ROLLUPS.format(
            names=rollup.names, measures=", ".join(measures), table=rollup.table, condition=condition
        )
        return query, [int(piece.span.total_seconds()), is_whole, piece.start, piece.end, *values]
    query = _FROM_TRACES.format(
        rows=rollup.rows.format(condition=f"id >= %s AND id < %s AND {condition}"),
        names=rollup.names,
        measures=selected(rollup.from_rows, measures),
    )
    ids = [max(first_id_at(piece.start), first_id), first_id_at(piece.end)]
    return query, [*ids, *values, piece.start, piece.end - timedelta.resolution]
