"""From an answered request to a row, by the journal."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from optimizer_app.captures import queue as queues
from optimizer_app.captures.queue import CaptureQueue, CaptureRequest
from optimizer_app.captures.reading import texts_of
from optimizer_app.captures.record import CaptureRecord
from optimizer_app.models import Capture
from optimizer_app.traces.journal import recorder as recorders
from token_optimizer.models import BlockTexts

if TYPE_CHECKING:
    from optimizer_app.models import Project

SECRET = "Müller ordered three \ud83d"


def request_of(project: Project, **fields: Any) -> CaptureRequest:
    until = timezone.now() + timedelta(days=1)
    values = {"body": "Müller".encode(), "blocks": {"b1": BlockTexts(SECRET, "Müller")}, **fields}
    return CaptureRequest(uuid.uuid4(), project.pk, until, **values)


def put(request: CaptureRequest) -> list[CaptureRecord]:
    """The records that it leaves."""
    records: list[CaptureRecord] = []
    queue = CaptureQueue(records.append)
    queue.put(request)
    queue.close()
    return records


def test_it_works(transactional_db: None, project: Project, journal_dir: Path, recording: Any) -> None:
    with recording(journal_dir) as recorder:
        queue = CaptureQueue(recorder.append_capture)
        queue.put(request_of(project, answer=b"said"))
        queue.close()
    texts = texts_of(Capture.objects.get(project=project))
    assert (texts.body, texts.answer) == ("Müller", "said")
    assert texts.blocks["b1"].before == "Müller ordered three ?"
    assert not list(journal_dir.glob("**/*.jsonl"))


def test_a_line_says_nothing(project: Project) -> None:
    (record,) = put(request_of(project))
    assert b"M" not in record.as_line().replace(record.sealed.encode(), b"").replace(b"More", b"")
    assert CaptureRecord.from_line(record.as_line()) == record


@pytest.mark.parametrize(
    ("bound", "reason"), [("MAX_TEXT_BYTES", queues.TOO_LARGE), ("MAX_WAITING_BYTES", queues.TOO_MANY)]
)
def test_what_is_too_much_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, bound: str, reason: str
) -> None:
    monkeypatch.setattr(queues, bound, 5)
    (record,) = put(request_of(project))
    assert (record.sealed, record.reason) == ("", reason)


def test_a_full_journal_is_left_to_traces(
    project: Project, journal_dir: Path, recording: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorders, "MAX_JOURNAL_BYTES_FOR_TEXTS", -1)
    with recording(journal_dir) as recorder:
        recorder.append_capture(request_of(project).record(sealed="x"))
    assert not Capture.objects.exists()


def test_one_that_expired_or_whose_project_is_gone_is_not_stored(
    project: Project, journal_dir: Path, recording: Any
) -> None:
    late = CaptureRecord(uuid.uuid4(), project.pk, timezone.now() - timedelta(days=1), "x")
    orphan = CaptureRecord(uuid.uuid4(), uuid.uuid4(), timezone.now() + timedelta(days=1), "x")
    with recording(journal_dir) as recorder:
        recorder.append_capture(late)
        recorder.append_capture(orphan)
    assert not Capture.objects.exists()
    assert not list(journal_dir.glob("**/*.jsonl"))
