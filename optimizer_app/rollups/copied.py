"""Sums of traces that were copied to ClickHouse, by the same names as PostgreSQL has them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from optimizer_app.clickhouse.client import is_used, server
from optimizer_app.clickhouse.copying import copied_until
from optimizer_app.clickhouse.rows import ClickHouseRows
from optimizer_app.clickhouse.schema import DERIVED
from optimizer_app.models import Project, SpanRollup
from optimizer_app.rollups.spans import QUARTER
from optimizer_app.rollups.tables import Rollup, selected
from optimizer_app.trace_ids import first_id_at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# `*` leaves those out that are worked out.
_COLUMNS = ", ".join(["*", *DERIVED])
# A sum may have the name of its column, which its own expression goes on meaning.
_OWN_NAMES = "SETTINGS prefer_column_name_to_alias = 1"
_NOTHING = uuid.UUID(int=0)


def readable_until() -> uuid.UUID:
    """All traces whose ids are lower can be read there now; the lowest id of all where none can."""
    return copied_until() if is_used() and not server().is_away else _NOTHING


def copied_sums(
    rollup: Rollup,
    filters: Q,
    by: Sequence[str],
    measures: Sequence[str],
    within: tuple[datetime, datetime],
    step: timedelta,
) -> list[dict[str, Any]]:
    """The measures of those traces for each group that agrees in `by`; a "bucket" is the number of its step
    since 1970, within the two times. ClickHouseAway: nothing is known."""
    seconds = int(step.total_seconds())
    first, last = (int((moment - _EPOCH).total_seconds()) // seconds for moment in within)
    bucket = f"least(greatest(intDiv(toInt64(toUnixTimestamp(created_at)), {seconds}), {first}), {last})"
    keys = [f"{bucket} AS bucket" if name == "bucket" else name for name in by]
    sums = selected({**rollup.from_rows, **rollup.from_rows_there}, measures)
    grouped = f"GROUP BY {', '.join(by)}" if by else ""
    query = f"SELECT {', '.join([*keys, sums])} FROM ({rollup.in_clickhouse}) {grouped} {_OWN_NAMES}"  # noqa: S608
    rows = ClickHouseRows(filters).picked(_COLUMNS, query, {})
    return [_with_lists(rollup, dict(zip((*by, *measures), row, strict=True))) for row in rows]


def _with_lists(rollup: Rollup, row: dict[str, Any]) -> dict[str, Any]:
    """Histograms as PostgreSQL has them. A bin that is none, -1, is left out."""
    histograms = {
        name: [row[name].get(number, 0) for number in range(bins)]
        for name, bins in rollup.bins.items()
        if name in row
    }
    return row | histograms


def quarter_rows(
    rollup: Rollup, start: datetime, end: datetime, starts: Collection[datetime]
) -> list[SpanRollup]:
    """The rows of quarters that begin at `starts`, within two times, as the table of rollups has them."""
    projects = list(Project.objects.values_list("pk", flat=True))
    filters = Q(project_id__in=projects, id__gte=first_id_at(start), id__lt=first_id_at(end))
    by, within = ("bucket", *rollup.dimensions), (start, end - timedelta.resolution)
    rows = []
    for row in copied_sums(rollup, filters, by, tuple(rollup.added), within, QUARTER):
        of_quarter = _EPOCH + row.pop("bucket") * QUARTER
        if of_quarter in starts:
            if "tags" in row:
                row["tags"] = json.loads(row["tags"])
            seconds = int(QUARTER.total_seconds())
            rows.append(rollup.model(seconds=seconds, start=of_quarter, is_whole=False, **row))
    return rows


def added_rows(
    rows: Iterable[dict[str, Any]], by: Sequence[str], measures: Sequence[str]
) -> list[dict[str, Any]]:
    """The rows of both, with the measures of those that agree in `by` added."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        known = found.get(key)
        found[key] = (
            row
            if known is None
            else known | {name: _added(name, known[name], row[name]) for name in measures}
        )
    return list(found.values())


def _added(measure: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, list):
        return [first + second for first, second in zip(one, other, strict=True)]
    if measure.startswith(("min_", "max_")):
        return (min if measure.startswith("min_") else max)(one, other)
    return one + other
