"""Traces on their way from PostgreSQL to ClickHouse."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer_app.clickhouse.client import ClickHouseAway, Server
from optimizer_app.clickhouse.copying import (
    copied_until,
    copy_waiting,
    start_or_stop_copying,
)  # fmt: skip
from optimizer_app.clickhouse.rows import ClickHouseRows
from optimizer_app.clickhouse.schema import drop_days_before
from optimizer_app.models import Project, RequestTrace, TraceCopying, UncopiedTraces
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.clickhouse.ids import id_at
from tests.optimizer_app.traces.records import new_record


def test_each_column_arrives_as_it_was_stored(clickhouse: Server, project: Project) -> None:
    odd = "tab\t line\n \\ back 'quote' \"double\" ü \u2028 \x0b \\N"
    full = new_record(
        project.pk,
        error=odd[:60],
        tag="nightly",
        tags={"customer": odd, "team": "a"},
        stages=[{"name": "logs", "status": "failed", "ms": 1.25, "tokens_cut": 600, "reason": odd}],
        conversation_id=uuid.uuid4(),
        text_until=datetime(2026, 12, 1, 10, 30, 1, 123456, tzinfo=UTC),
        faithfulness_score=0.1 + 0.2,
        masked={"email": 2},
        holdout_group="optimized",
        holdout_unit=uuid.uuid4(),
        usage_input_tokens=310,
        usage_output_tokens=20,
    )
    plain = new_record(project.pk, provider="", model="", http_status=None, status="error")
    store([full, plain])
    assert copy_waiting() == 2
    stored = {trace.pk: trace for trace in RequestTrace.objects.all()}
    copied = {trace.pk: trace for trace in ClickHouseRows()}
    assert set(copied) == {full.id, plain.id}
    for field in RequestTrace._meta.concrete_fields:
        for pk, trace in stored.items():
            assert getattr(copied[pk], field.attname) == getattr(trace, field.attname), field.name
    assert str(copied[full.id].billed_usd) == str(stored[full.id].billed_usd) != "None"
    assert copied[full.id].project == project


def test_what_is_copied_twice_is_there_once(clickhouse: Server, project: Project) -> None:
    records = [new_record(project.pk) for _ in range(3)]
    store(records)
    waiting = UncopiedTraces.objects.get()
    copy_waiting()
    waiting.save(force_insert=True)
    assert copy_waiting() == 3
    assert ClickHouseRows().count() == 3


def test_nothing_waits_for_a_clickhouse_that_is_not_used(db: None, project: Project) -> None:
    store([new_record(project.pk)])
    assert not UncopiedTraces.objects.exists()
    assert copied_until() == uuid.UUID(int=0)


def test_what_was_stored_before_is_copied_day_by_day(
    clickhouse: Server, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    TraceCopying.objects.all().delete()
    now = datetime.now(UTC)
    times = [now - timedelta(days=days, seconds=number) for days in (0, 1, 3) for number in range(3)]
    store([new_record(project.pk, id=id_at(moment), created_at=moment) for moment in times])
    monkeypatch.setattr("optimizer_app.clickhouse.copying.ROWS_AT_A_TIME", 2)
    start_or_stop_copying()
    assert copied_until() == min(RequestTrace.objects.values_list("pk", flat=True))
    store([late := new_record(project.pk)])
    copy_waiting()
    assert [trace.pk for trace in ClickHouseRows()] == list(RequestTrace.objects.values_list("pk", flat=True))
    assert copied_until() > late.id


def test_traces_wait_while_it_is_away(clickhouse: Server, project: Project, settings: Any) -> None:
    there = settings.CLICKHOUSE_URL
    store([record := new_record(project.pk)])
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"
    with pytest.raises(ClickHouseAway):
        copy_waiting()
    assert copied_until() == record.id
    settings.CLICKHOUSE_URL = there
    assert copy_waiting() == 1


def test_a_deleted_project_leaves_it_too(clickhouse: Server, project: Project) -> None:
    other = Project.objects.create(name="other")
    store([new_record(project.pk), kept := new_record(other.pk)])
    copy_waiting()
    project.delete()
    copy_waiting()
    assert [trace.pk for trace in ClickHouseRows()] == [kept.id]


def test_without_the_setting_copying_ends(clickhouse: Server, project: Project, settings: Any) -> None:
    store([new_record(project.pk)])
    settings.CLICKHOUSE_URL = ""
    start_or_stop_copying()
    store([new_record(project.pk)])
    assert not UncopiedTraces.objects.exists()


def test_old_days_are_dropped_in_both(clickhouse: Server, project: Project) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(days=days) for days in (0, 1, 2, 3)]
    store([new_record(project.pk, id=id_at(moment), created_at=moment) for moment in times])
    copy_waiting()
    drop_days_before((now - timedelta(days=1)).date())
    assert ClickHouseRows().count() == 2


def test_what_an_older_table_lacks_is_added(clickhouse: Server, project: Project) -> None:
    clickhouse.run("ALTER TABLE traces DROP COLUMN stage_failed")
    start_or_stop_copying()
    assert ClickHouseRows().filter(stages__contains=[{"status": "failed"}]).count() == 0
