"""Coming partitions created, and old traces dropped."""

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from optimizer_app.models import Event, RequestTrace
from optimizer_app.tasks import keep_partitions
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.partitions import partition_days
from optimizer_app.traces.retention import drop_older_than
from optimizer_app.traces.store import store
from tests.optimizer_app.traces.records import new_record


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


def test_without_a_number_of_days_all_is_kept(project):
    store([record_of(project, days_ago=4000)])

    keep_partitions()

    assert RequestTrace.objects.count() == 1


def test_what_is_too_old_goes(project, settings, today):
    settings.TRACE_RETENTION_DAYS = 30
    settings.ANALYTICS_URL = ""
    kept = record_of(project, days_ago=30)
    store([kept, record_of(project, days_ago=31), record_of(project, days_ago=45)])

    keep_partitions()

    assert RequestTrace.objects.get().id == kept.id
    assert Event.objects.get().trace_id == kept.id
    assert min(partition_days()) == today - timedelta(days=30)


def test_an_event_that_waits_for_its_delivery_is_kept(project, settings, today):
    settings.ANALYTICS_URL = "http://127.0.0.1:1/events"
    drop_older_than(30, today)
    store([record_of(project, days_ago=40)])

    assert drop_older_than(30, today) == 1

    assert RequestTrace.objects.count() == 0
    assert Event.objects.count() == 1
