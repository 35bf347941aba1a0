"""What `/metrics` looks up: what waits, for how long, and who was last seen."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from optimizer_app.background.heartbeat import KEY
from optimizer_app.events.destinations import destination_of
from optimizer_app.models import Document, Event, EventDelivery, Project, Provider
from optimizer_app.providers.breaker import FAILURES, SCRIPTS, circuit_key
from optimizer_app.system.gauges import metrics_page
from tests.optimizer_app.metrics.readings import reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="Ours")


def read(name: str, **labels: str) -> float:
    return reading(metrics_page(), name, **labels)


def test_the_journal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "JOURNAL_DIR", tmp_path)
    assert read("journal_bytes") == read("journal_oldest_seconds") == read("journal_rejected_files") == 0
    for name, age in (("1-a.jsonl", 300), ("1-b.jsonl", 5)):
        (tmp_path / name).write_text("{}\n")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    # One that a process has opened and not written to yet.
    (tmp_path / "1-c.jsonl").touch()
    (tmp_path / "rejected").mkdir()
    (tmp_path / "rejected/1-d.jsonl").write_text("no record\n")
    assert read("journal_bytes") == 6
    assert 300 <= read("journal_oldest_seconds") < 400
    assert read("journal_rejected_files") == 1


def test_events_that_wait_and_those_that_were_given_up(project: Project) -> None:
    destination = destination_of(None)
    events = [
        Event(project=project, trace_id=project.id, event_type="token_drift", payload={}) for _ in range(3)
    ]
    Event.objects.bulk_create(events)
    for event in events:
        EventDelivery.objects.create(event=event, destination=destination)
    Event.objects.filter(pk=events[0].pk).update(created_at=timezone.now() - timedelta(hours=1))
    EventDelivery.objects.filter(event=events[2]).update(dead_at=timezone.now())
    assert read("events_waiting") == 2
    assert 3600 <= read("events_oldest_seconds") < 3700
    assert read("events_set_aside") == 1


def test_documents_that_wait(project: Project) -> None:
    assert (read("documents_waiting"), read("documents_oldest_seconds")) == (0, 0)
    Document.objects.create(project=project, external_id="a", size_bytes=1, content_hash="")
    Document.objects.update(updated_at=timezone.now() - timedelta(minutes=20))
    assert read("documents_waiting") == 1
    assert 1200 <= read("documents_oldest_seconds") < 1300


def test_queues_and_who_was_seen() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        before = read("queue_tasks", queue="ingest")
        client.lpush("ingest", "a task")
        client.hset(KEY, "a-queue-of-this-test", 1_700_000_000)
        try:
            assert read("queue_tasks", queue="ingest") == before + 1
            seen = read("worker_last_seen_timestamp_seconds", queue="a-queue-of-this-test")
            assert seen == 1_700_000_000
        finally:
            client.lrem("ingest", 1, "a task")
            client.hdel(KEY, "a-queue-of-this-test")


def test_circuits(project: Project) -> None:
    found = Provider.objects.create(project=project, name="first", kind="openai", base_url="http://x.example")
    Provider.objects.create(project=project, name="next", kind="openai", base_url="http://y.example")
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for _ in range(FAILURES):
            client.eval(SCRIPTS["failed"], 1, circuit_key(found.id))
        try:
            assert read("provider_circuit_state", project="Ours", provider="first") == 2
            assert read("provider_circuit_state", project="Ours", provider="next") == 0
        finally:
            client.delete(circuit_key(found.id))
