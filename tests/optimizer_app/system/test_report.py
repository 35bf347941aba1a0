"""What is said of the parts: facts where they work, and the problem of each that does not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from optimizer_app import child_processes
from optimizer_app.background.heartbeat import KEY, SCHEDULE, note_seen
from optimizer_app.events.destinations import destination_of
from optimizer_app.models import Event, EventDelivery, EventDestination, Project
from optimizer_app.system import machine, records, workers
from optimizer_app.system.machine import disk, versions
from optimizer_app.system.models import compression_model, embedding_model
from optimizer_app.system.part import Part
from optimizer_app.system.records import journal, outbox, traces
from optimizer_app.system.report import PARTS, system_report
from optimizer_app.system.servers import postgres, valkey
from optimizer_app.system.workers import background_worker, precompression_worker, schedule, web_workers
from optimizer_app.traces.partitions import TABLE
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record

pytestmark = pytest.mark.django_db


def facts(part: Part) -> dict[str, Any]:
    return {fact.label: fact.value for fact in part.facts}


@pytest.fixture
def journal_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(settings, "JOURNAL_DIR", tmp_path)
    return tmp_path


@pytest.fixture
def seen() -> Iterator[Callable[[str, float], None]]:
    """Sets when a queue was last seen, seconds ago."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(KEY)
        yield lambda queue, age: client.hset(KEY, queue, time.time() - age)
        client.delete(KEY)


def test_the_report_names_every_part(journal_dir: Path) -> None:
    assert [part.name for part in system_report()] == list(PARTS)


def test_servers_that_answer() -> None:
    found = facts(postgres())
    assert found["pgvector"]
    assert found["size"] > 0
    assert postgres().state == valkey().state == "ok"
    assert facts(valkey())["memory"] > 0


def test_a_query_that_takes_too_long_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer_app.system.part.QUERY_SECONDS", 0.01)
    monkeypatch.setattr("optimizer_app.system.servers._POSTGRES_FACTS", "SELECT pg_sleep(60)")
    part = next(part for part in system_report() if part.name == "PostgreSQL")
    assert part.problem is not None
    assert "PostgreSQL did not answer in time" in part.problem.what


def test_a_worker_that_took_a_task_just_now(seen: Callable[[str, float], None]) -> None:
    note_seen("delivery")
    note_seen("precompression")
    assert background_worker().state == precompression_worker().state == "ok"


def test_tasks_that_wait(seen: Callable[[str, float], None]) -> None:
    before = facts(background_worker())["queued for ingest"]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.lpush("ingest", "a task")
        assert facts(background_worker())["queued for ingest"] == before + 1
        client.lrem("ingest", 1, "a task")


def test_a_queue_that_nobody_works_on(
    seen: Callable[[str, float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_STARTING", timedelta(0))
    assert background_worker().problem.what == "No worker has taken a task yet"
    seen("upkeep", 120)
    seen("precompression", 120)
    assert background_worker().problem.what == "No worker takes its tasks"
    # A text may take its worker that long.
    assert precompression_worker().state == "ok"


@pytest.mark.parametrize("age", [120, -3600])
def test_a_schedule_that_is_not_at_it(
    seen: Callable[[str, float], None], monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    monkeypatch.setattr(workers, "_STARTING", timedelta(0))
    note_seen("delivery")
    note_seen(SCHEDULE)
    assert schedule().state == "ok"
    seen(SCHEDULE, age)
    assert schedule().problem.what == "Nobody queues the regular tasks"
    assert background_worker().state == "ok"


def test_workers_that_may_still_be_starting(
    seen: Callable[[str, float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_STARTING", timedelta(days=1))
    assert background_worker().state == precompression_worker().state == "ok"


def test_web_workers_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    assert facts(web_workers()).keys() == {"this one since"}
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    child_processes._remember(os.getpid(), run_dir / "web-1.pid")
    monkeypatch.setattr(settings, "WEB_CONCURRENCY", 2)
    assert facts(web_workers())["of 2 run"] == 1
    assert web_workers().problem.what == "1 of 2 run"


def test_models(embeddings: Any) -> None:
    found = facts(embedding_model())
    assert found["model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert found["stands in for"] == settings.EMBEDDING_MODEL
    assert compression_model().state in ("ok", "off")


def test_a_journal_that_is_not_stored(journal_dir: Path) -> None:
    assert journal().state == "ok"
    segment = journal_dir / "1-a.jsonl"
    segment.write_text("{}\n")
    assert facts(journal())["waiting"] == 3
    os.utime(segment, (0, 0))
    assert "more than a minute" in journal().problem.what


def test_a_journal_that_is_nearly_full(journal_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_JOURNAL_BYTES", 6)
    (journal_dir / "1-a.jsonl").write_text("{}")
    assert journal().state == "ok"
    (journal_dir / "1-a.jsonl").write_text("{}\n")
    assert journal().problem.what == "The journal is nearly full"


def test_what_a_trace_takes() -> None:
    project = Project.objects.create(name="p")
    store([new_record(project.id) for _ in range(50)])
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")
    found = facts(traces())
    assert found["stored, by estimate"] == 50
    assert found["each"] == found["size"] // 50
    assert (found["day with traces"], found["kept for"]) == (1, "90 days")


def test_records_that_were_set_aside(journal_dir: Path) -> None:
    (journal_dir / "rejected").mkdir()
    (journal_dir / "rejected" / "1-a.jsonl").write_text("{}\n{}\n")
    assert journal().problem.what == "2 records could not be stored"
    assert journal().state == "warn"


def test_events_that_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outbox().state == "off"
    monkeypatch.setattr(settings, "ANALYTICS_URL", "https://user:secret@events.example/token")
    project = Project.objects.create(name="p")
    destination = destination_of(None)
    EventDestination.objects.update(failures=5, last_error="status 500")
    for attempts in (0, 5):
        event = Event.objects.create(project=project, trace_id=project.pk, event_type="cache_hit", payload={})
        EventDelivery.objects.create(event=event, destination=destination, attempts=attempts)
    part = outbox()
    assert facts(part)["waiting"] == 2
    assert facts(part)["receiver"] == "events.example"
    assert part.problem.what == "1 event was refused again and again (status 500)"


@pytest.mark.parametrize(("free_mb", "state"), [(100, "down"), (1_000, "warn"), (50_000, "ok")])
def test_a_disk_that_fills(monkeypatch: pytest.MonkeyPatch, free_mb: int, state: str) -> None:
    usage = type("Usage", (), {"free": free_mb * 1024**2, "total": 100 * 1024**3})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path: usage)
    assert disk().state == state


def test_versions() -> None:
    assert facts(versions())["Token Optimizer"] == settings.VERSION
