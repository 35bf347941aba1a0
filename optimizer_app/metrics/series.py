"""The sums of counters and histograms in the database.

They are added to in the transaction that stores the traces which they count. So they outlive every process,
count each request once however often its line is read, and are the same for all workers and machines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from django.db import connection

from optimizer_app.metrics.catalog import STORED, Metric
from optimizer_app.metrics.counts import Counts, Series
from optimizer_app.models import MetricSeries

Labelled = tuple[Mapping[str, str], Sequence[float]]

_ROWS_A_STATEMENT = 500
_ROW = "(%s, %s, %s, %s::jsonb, %s::float8[])"
_ADD = """
    INSERT INTO optimizer_app_metricseries AS known (key, metric, project_id, labels, sums)
    VALUES {rows}
    ON CONFLICT (key) DO UPDATE SET sums = ARRAY(
        SELECT coalesce(old, 0) + coalesce(new, 0)
        FROM unnest(known.sums, EXCLUDED.sums) WITH ORDINALITY AS both_sums (old, new, number)
        ORDER BY number
    )
"""


def add_counts(counts: Counts) -> None:
    """Add to what is stored; within the transaction that stores what was counted."""
    # In one order, or two recorders could wait for each other.
    rows = sorted(((_key(series), series, sums) for series, sums in counts.items()), key=itemgetter(0))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS_A_STATEMENT):
            some = rows[start : start + _ROWS_A_STATEMENT]
            values = [value for key, series, sums in some for value in _row(key, series, sums)]
            cursor.execute(_ADD.format(rows=", ".join([_ROW] * len(some))), values)


def stored_series() -> Mapping[Metric, list[Labelled]]:
    """All that was counted, by metric; of one that an older version had there is nothing."""
    found: dict[Metric, list[Labelled]] = {metric: [] for metric in STORED.values()}
    rows = MetricSeries.objects.order_by("key").values_list("metric", "project__name", "labels", "sums")
    for name, project, labels, sums in rows.iterator():
        metric = STORED.get(name)
        if metric is not None and len(sums) == metric.width:
            values = [project, *labels] if metric.is_by_project else labels
            found[metric].append((dict(zip(metric.labels, values, strict=True)), sums))
    return found


def _row(key: str, series: Series, sums: Sequence[float]) -> Iterator[Any]:
    metric, project, labels = series
    yield from (key, metric.name, project, json.dumps(labels), list(sums))


def _key(series: Series) -> str:
    metric, project, labels = series
    text = json.dumps([metric.name, str(project), *labels])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
