"""The same with the traces in ClickHouse: its engine as a library, behind a small server of the tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from optimizer_app.clickhouse.client import Server, server
from optimizer_app.clickhouse.copying import copy_waiting, start_or_stop_copying
from optimizer_app.models import RequestTrace, RollupMark
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.rollups.spans import QUARTER, span_start
from optimizer_app.trace_ids import first_id_at
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


@contextmanager
def copied(folder: Path, kept_days: int) -> Iterator[str]:
    """All traces copied, and dropped from PostgreSQL but for the newest days; in words, what that took."""
    count, before = RequestTrace.objects.count(), _postgres_bytes()
    with clickhouse_server(folder) as url:
        Server(url).run("CREATE DATABASE pages")
        settings.CLICKHOUSE_URL = f"{url}/pages"
        settings.POSTGRES_TRACE_DAYS = kept_days
        began = time.perf_counter()
        start_or_stop_copying()
        copy_waiting()
        took = time.perf_counter() - began
        ((size, rows),) = server().rows(_SIZE, {})
        drop_copied_before(datetime.now(UTC).date() - timedelta(days=kept_days))
        yield (
            f"copied in {took:.0f} s; a trace takes {before / count:,.0f} bytes in PostgreSQL, "
            f"{size / rows:,.0f} in ClickHouse; kept in PostgreSQL {RequestTrace.objects.count():,}"
        )


def quarter_ms() -> float:
    """How long the rollups of one whole quarter of an hour take, of those that were made last."""
    newest = RequestTrace.objects.order_by("-id").values_list("created_at", flat=True)[0]
    start = span_start(newest, QUARTER) - QUARTER
    RollupMark.objects.create(start=start)
    began = time.perf_counter()
    roll_up_all(start + 2 * QUARTER)
    return (time.perf_counter() - began) * 1000


def traces_in_a_quarter() -> int:
    newest = RequestTrace.objects.order_by("-id").values_list("created_at", flat=True)[0]
    start = span_start(newest, QUARTER) - QUARTER
    return RequestTrace.objects.filter(
        id__gte=first_id_at(start), id__lt=first_id_at(start + QUARTER)
    ).count()


def _postgres_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES_SIZE)
        return int(cursor.fetchone()[0])
