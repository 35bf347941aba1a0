"""Rollups that are made of traces in ClickHouse, and PostgreSQL that keeps those of a few days only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from optimizer_app.clickhouse.client import Server
from optimizer_app.clickhouse.copying import copy_waiting
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import (
    CutRollup,
    Project,
    RequestTrace,
    RollupMark,
    SpendRollup,
    TagRollup,
    TraceRollup,
)
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.tasks import keep_partitions, roll_up_traces
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.clickhouse.ids import id_at
from tests.optimizer_app.traces.records import new_record

NOW = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)


def _store(project: Project, moment: datetime, count: int = 1, **fields: Any) -> None:
    ids = [id_at(moment) for _ in range(count)]
    store([new_record(project.pk, id=pk, created_at=moment, tags={"team": "a"}, **fields) for pk in ids])


def _rows() -> dict[str, list[dict[str, Any]]]:
    """All rollups, without their own ids."""
    return {
        model.__name__: sorted(
            ({name: value for name, value in row.items() if name != "id"} for row in model.objects.values()),
            key=str,
        )
        for model in (TraceRollup, CutRollup, SpendRollup, TagRollup)
    }


def _requests(project: Project, start: datetime, end: datetime) -> int:
    (row,) = sums(Selection((project.pk,)), Stretch(start, end), measures=("requests",))
    return row["requests"]


def test_they_are_those_that_postgresql_makes(clickhouse: Server, project: Project, settings: Any) -> None:
    for minutes in (20, 40, 41, 90):
        _store(project, NOW - timedelta(minutes=minutes), 3)
    url, settings.CLICKHOUSE_URL = settings.CLICKHOUSE_URL, ""
    roll_up_all(NOW)
    expected = _rows()
    settings.CLICKHOUSE_URL = url
    copy_waiting()
    for start in set(TraceRollup.objects.filter(seconds=900).values_list("start", flat=True)):
        RollupMark.objects.create(start=start)
    RequestTrace.objects.all().delete()
    roll_up_all(NOW)
    assert _rows() == expected


# A partition is dropped outside transactions.
@pytest.mark.django_db(transaction=True)
def test_old_days_are_kept_in_clickhouse_alone(clickhouse: Server, project: Project, settings: Any) -> None:
    settings.POSTGRES_TRACE_DAYS = 2
    now = timezone.now()
    for days in (0, 1, 4, 5):
        _store(project, now - timedelta(days=days))
    keep_partitions()
    assert RequestTrace.objects.count() == 4, "nothing is dropped before it is copied"
    copy_waiting()
    keep_partitions()
    assert RequestTrace.objects.count() == 2
    assert stored_traces().filter(project=project).count() == 4


@pytest.mark.django_db(transaction=True)
def test_one_that_comes_late_for_a_dropped_day_counts_beside_the_others(
    clickhouse: Server, project: Project, settings: Any
) -> None:
    settings.POSTGRES_TRACE_DAYS = 2
    moment = timezone.now() - timedelta(days=5)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    window = day, day + timedelta(days=1)
    _store(project, moment, 3)
    copy_waiting()
    roll_up_traces()
    keep_partitions()
    _store(project, moment)
    roll_up_traces()
    assert _requests(project, *window) == 3, "it waits until it is copied"
    copy_waiting()
    roll_up_traces()
    assert _requests(project, *window) == 4
    url, settings.CLICKHOUSE_URL = settings.CLICKHOUSE_URL, "http://127.0.0.1:9/away"
    RollupMark.objects.create(start=moment.replace(minute=0, second=0, microsecond=0))
    roll_up_traces()
    assert _requests(project, *window) == 4
    settings.CLICKHOUSE_URL = url
