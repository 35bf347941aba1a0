"""Coming partitions created, and old traces dropped."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from optimizer_app.models import Event, RequestTrace, TraceRollup
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.tasks import keep_partitions
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.partitions import TABLE, partition_days, partition_name
from optimizer_app.traces.retention import drop_older_than
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import database_url


@pytest.fixture
def today():
    return timezone.now().astimezone(UTC).date()


def record_of(project, days_ago):
    moment = timezone.now() - timedelta(days=days_ago)
    return new_record(project.id, id=first_id_at(moment), created_at=moment)


def test_the_coming_week_has_partitions(db, today):
    keep_partitions()

    week = {today + timedelta(days=offset) for offset in range(8)}
    assert week <= set(partition_days())


def test_without_a_number_of_days_all_is_kept(project, settings):
    settings.TRACE_RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 0
    store([record_of(project, days_ago=4000)])
    roll_up_all(timezone.now())

    keep_partitions()

    assert RequestTrace.objects.count() == 1
    assert TraceRollup.objects.exists()


def test_what_is_too_old_goes(transactional_db, project, settings, today):
    settings.TRACE_RETENTION_DAYS = 30
    settings.ANALYTICS_URL = ""
    kept = record_of(project, days_ago=30)
    store([kept, record_of(project, days_ago=31), record_of(project, days_ago=45)])

    keep_partitions()

    assert RequestTrace.objects.get().id == kept.id
    assert Event.objects.get().trace_id == kept.id
    assert min(partition_days()) == today - timedelta(days=30)


def test_an_event_that_waits_for_its_delivery_is_kept(transactional_db, project, settings, today):
    settings.ANALYTICS_URL = "http://127.0.0.1:1/events"
    drop_older_than(30, today)
    store([record_of(project, days_ago=40)])

    assert drop_older_than(30, today) == 1

    assert RequestTrace.objects.count() == 0
    assert Event.objects.count() == 3


def test_what_days_came_to_outlives_their_traces(transactional_db, project, settings):
    settings.TRACE_RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS = 30, 60
    store([record_of(project, days_ago=40), record_of(project, days_ago=70)])
    roll_up_all(timezone.now())

    keep_partitions()

    assert RequestTrace.objects.count() == 0
    days = TraceRollup.objects.filter(seconds=86_400)
    starts = set(days.values_list("start", flat=True))
    assert {(timezone.now() - start).days for start in starts} == {40}


def test_readers_go_on_while_a_partition_is_dropped(transactional_db, project, today):
    store([record_of(project, days_ago=40), record_of(project, days_ago=0)])
    with connection.cursor() as cursor, reading() as reader, ThreadPoolExecutor(1) as thread:
        dropped = thread.submit(in_own_connection, lambda: drop_older_than(30, today))
        wait_until(cursor, "ALTER TABLE optimizer_app_requesttrace DETACH%")
        assert RequestTrace.objects.filter(created_at__gte=timezone.now() - timedelta(days=1)).count() == 1
        store([record_of(project, days_ago=0)])
        reader.rollback()
        assert dropped.result(PATIENCE_SECONDS) == 1


def test_what_an_interrupted_call_left_is_dropped(transactional_db, project, today):
    store([record_of(project, days_ago=40)])
    name = partition_name(today - timedelta(days=40))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name} CONCURRENTLY")
    assert drop_older_than(30, today) == 1
    assert min(partition_days()) >= today - timedelta(days=30)


@contextmanager
def reading():
    """A reader whose transaction stands open, as that of a slow page does."""
    with psycopg.connect(database_url()) as reader:
        reader.execute("SELECT count(*) FROM optimizer_app_requesttrace")
        yield reader


def in_own_connection(work):
    try:
        return work()
    finally:
        connection.close()


def wait_until(cursor, statement):
    """Until somebody waits in such a statement."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    waits = "SELECT 1 FROM pg_stat_activity WHERE query LIKE %s AND wait_event_type = 'Lock'"
    found = None
    while not found:
        assert time.monotonic() < give_up_at, f"nobody waits in {statement}"
        cursor.execute(waits, [statement])
        found = cursor.fetchone()
