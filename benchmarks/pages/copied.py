"""The same with the traces in ClickHouse: its engine as a library, behind a small server of the tests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from django.conf import settings
from django.db import connection, transaction

from optimizer_app.clickhouse.client import Server, server
from optimizer_app.clickhouse.copying import copy_waiting, start_or_stop_copying
from optimizer_app.models import Project, RequestTrace, RollupState
from optimizer_app.rollups.cuts import CUTS
from optimizer_app.rollups.measures import TRACES
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.spans import QUARTER
from optimizer_app.rollups.tables import Rollup
from optimizer_app.rollups.tags import TAGGED
from optimizer_app.traces.retention import drop_copied_before
from tests.servers.clickhouse import clickhouse_server

_SIZE = """
SELECT sum(bytes_on_disk), sum(rows) FROM system.parts
WHERE active AND database = currentDatabase() AND table = 'traces'
"""
_POSTGRES_SIZE = """
SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
WHERE inhparent = 'optimizer_app_requesttrace'::regclass
"""


_SUMMED: Sequence[tuple[Rollup, Sequence[str]]] = (
    (TRACES, ("bucket",)),
    (TRACES, ("config_name", "model", "api_key_id", "tag", "route")),
    (CUTS, ("rule", "kind")),
    (TAGGED, ("tags",)),
)


@contextmanager
def copied(folder: Path) -> Iterator[str]:
    """All traces copied; in words, what that took, and what a trace takes in both."""
    count, before = RequestTrace.objects.count(), _postgres_bytes()
    with clickhouse_server(folder) as url:
        Server(url).run("CREATE DATABASE pages")
        settings.CLICKHOUSE_URL = f"{url}/pages"
        began = time.perf_counter()
        start_or_stop_copying()
        copy_waiting()
        took = time.perf_counter() - began
        ((size, rows),) = server().rows(_SIZE, {})
        yield (
            f"copied in {took:.0f} s; a trace takes {before / count:,.0f} bytes in PostgreSQL, "
            f"{size / rows:,.0f} in ClickHouse"
        )


def keep_days(days: int) -> str:
    """Drop older traces from PostgreSQL; in words, how many are left there."""
    settings.POSTGRES_TRACE_DAYS = days
    drop_copied_before(datetime.now(UTC).date() - timedelta(days=days))
    return f"{RequestTrace.objects.count():,} traces are left in PostgreSQL"


def compared_sums(runs: int) -> Iterator[tuple[str, float, float]]:
    """What is summed, as if nothing were rolled up, with the milliseconds of PostgreSQL and of ClickHouse.

    Medians of runs that take turns.
    """
    url, newest = settings.CLICKHOUSE_URL, RequestTrace.objects.order_by("-id")[0].created_at
    with transaction.atomic():
        RollupState.objects.all().delete()
        for hours in (1, 24):
            stretch = Stretch(newest - timedelta(hours=hours), newest, QUARTER)
            for rollup, by in _SUMMED:
                times: dict[str, list[float]] = {"": [], url: []}
                for settings.CLICKHOUSE_URL in [*times] * runs:
                    times[settings.CLICKHOUSE_URL].append(_sums_ms(stretch, rollup, by))
                name = f"{hours} h, {rollup.model._meta.verbose_name} by {', '.join(by)}"
                yield name, median(times[""]), median(times[url])
        transaction.set_rollback(True)


def _sums_ms(stretch: Stretch, rollup: Rollup, by: Sequence[str]) -> float:
    everything = Selection(tuple(Project.objects.values_list("pk", flat=True)))
    began = time.perf_counter()
    sums(everything, stretch, by, tuple(rollup.added), rollup)
    return (time.perf_counter() - began) * 1000


def _postgres_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES_SIZE)
        return int(cursor.fetchone()[0])
