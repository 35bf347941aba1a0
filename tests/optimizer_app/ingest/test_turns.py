"""Whose document is next, and what a project may take from the others."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from optimizer_app.background.machine_lock import lock_key, machine_slot
from optimizer_app.ingest import work
from optimizer_app.ingest.accept import NewDocument, accept_documents
from optimizer_app.ingest.turns import add_use, embedded_a_second, lease_document
from optimizer_app.ingest.work import ingest_due
from optimizer_app.models import Document, IngestUse, Project

pytestmark = pytest.mark.django_db


def project_with(documents: int, text: str = "A sentence.") -> Project:
    project = Project.objects.create(name=secrets.token_hex(4))
    new = [NewDocument(f"{n}.md", f"{text} {n}".encode()) for n in range(documents)]
    accept_documents(project, new)
    return project


def turns(count: int) -> list[Project]:
    return [lease_document().project for _ in range(count)]


def test_many_documents_of_one_make_another_wait_for_one() -> None:
    many, few = project_with(20), project_with(2)
    assert turns(5) == [many, few, many, few, many]
    late = project_with(1)
    assert turns(2) == [late, many]


def test_who_has_had_its_time_of_the_hour_goes_last(settings: Any) -> None:
    settings.INGEST_SECONDS_PER_HOUR = 60.0
    slow, quick = project_with(3), project_with(3)
    assert turns(2) == [slow, quick]
    add_use(slow.pk, seconds=61.0)
    assert turns(3) == [quick, quick, slow]


def test_the_next_hour_begins_anew(settings: Any) -> None:
    settings.INGEST_SECONDS_PER_HOUR = 60.0
    slow, quick = project_with(3), project_with(3)
    turns(2)
    add_use(slow.pk, seconds=61.0)
    IngestUse.objects.update(hour=timezone.now() - timedelta(hours=1))
    assert turns(2) == [slow, quick]
    add_use(slow.pk, seconds=1.0)
    assert IngestUse.objects.get(project=slow).seconds == 1.0


def test_a_long_document_gives_way_between_batches(embeddings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH_CHUNKS", 1)
    monkeypatch.setattr(work, "SLICE_SECONDS", 0.0)
    long = project_with(1, "# One\n\nA text.\n\n# Two\n\nAnother text.\n\n# Three\n\nThe last one.")
    short = project_with(1)
    finished: list[Any] = []
    real = work._finish
    monkeypatch.setattr(work, "_finish", lambda row, *rest: (finished.append(row.project), real(row, *rest)))
    assert ingest_due() == 2
    assert finished == [short, long]
    assert set(Document.objects.values_list("state", "chunks", "embedded")) == {
        ("done", 3, 3),
        ("done", 1, 1),
    }
    assert embedded_a_second() > 0


def test_so_many_work_at_a_time() -> None:
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key("a test 0")])
        with machine_slot("a test", 1) as is_free:
            assert not is_free
        with machine_slot("a test", 2) as is_free:
            assert is_free
