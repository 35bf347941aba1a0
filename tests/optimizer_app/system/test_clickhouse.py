"""What the page System says of ClickHouse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from optimizer_app.clickhouse.client import Server
from optimizer_app.clickhouse.copying import copy_waiting
from optimizer_app.models import Project, UncopiedTraces
from optimizer_app.system.clickhouse import clickhouse as part
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record


def test_without_one_it_is_not_used(db: None) -> None:
    assert part().state == "off"


def test_it_says_how_far_copying_is(clickhouse: Server, project: Project) -> None:
    store([new_record(project.pk) for _ in range(3)])
    found = part()
    assert found.state == "ok"
    assert {fact.label: fact.value for fact in found.facts}["traces to copy"] == 3
    UncopiedTraces.objects.update(stored_at=timezone.now() - timedelta(minutes=6))
    assert part().state == "warn"
    copy_waiting()
    assert part().state == "ok"


def test_one_that_does_not_answer_is_a_problem(clickhouse: Server, settings: Any) -> None:
    settings.CLICKHOUSE_URL = "http://user:secret@127.0.0.1:9/away"
    found = part()
    assert found.state == "down"
    assert "secret" not in repr(found)
