"""What answered requests leave is handed over on a thread, within bounds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError

from optimizer_app.models import Precompression, PrecompressionHour, Project
from optimizer_app.precompression import accept
from optimizer_app.precompression import requests as module
from optimizer_app.precompression.accept import queue_jobs
from optimizer_app.precompression.lookups import Lookups, PrecompressionReader
from optimizer_app.precompression.requests import PrecompressionQueue, PrecompressionRequest
from optimizer_app.precompression.work import compress_due
from tests.optimizer_app.precompression.texts import key_of, prose, wanted


@pytest.fixture
def precompression_queue(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PrecompressionQueue]:
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.0)
    precompression_queue = PrecompressionQueue()
    yield precompression_queue
    precompression_queue.close()


def _left(project: Project, *texts: str, lookups: Lookups | None = None) -> PrecompressionRequest:
    return PrecompressionRequest(project.pk, texts, 0.5, 0.0, lookups or Lookups())


def test_it_works(
    project: Project, precompression_queue: PrecompressionQueue, reader: PrecompressionReader
) -> None:
    precompression_queue.put(_left(project, prose()))
    precompression_queue.flush()
    compress_due()
    look = reader.for_project(project.pk, project.hash_secret)
    assert look.find([key_of(prose()), key_of(prose(1))])
    precompression_queue.put(_left(project, lookups=look.lookups))
    precompression_queue.flush()
    row, hour = Precompression.objects.get(), PrecompressionHour.objects.get()
    assert (row.hits, row.last_used_at is None) == (1, False)
    assert (hour.project_id, hour.hits, hour.misses, hour.unusable) == (project.pk, 1, 1, 0)


def test_hits_of_one_batch_add_up_within_their_project(
    project: Project, other: Project, precompression_queue: PrecompressionQueue
) -> None:
    queue_jobs([wanted(project, prose()), wanted(other, prose())])
    ours, theirs = Precompression.objects.order_by("pk")
    batch = [_left(project, lookups=Lookups((ours.key, theirs.key), 1, 0)) for _ in range(3)]
    module.store_requests(batch, {})
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert (ours.hits, theirs.hits) == (3, 0)
    assert PrecompressionHour.objects.get().misses == 3


def test_nothing_to_do_leaves_no_trace(project: Project, precompression_queue: PrecompressionQueue) -> None:
    precompression_queue.put(_left(project))
    precompression_queue.flush()
    assert not PrecompressionHour.objects.exists()


def test_too_much_is_dropped_and_counted(
    project: Project, precompression_queue: PrecompressionQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_CHARS", len(prose()))
    precompression_queue.put(_left(project, prose(1), prose(2)))
    precompression_queue.put(_left(project, prose(1)))
    precompression_queue.flush()
    assert Precompression.objects.count() == 1
    assert PrecompressionHour.objects.get().dropped_full == 2


def test_a_full_queue_is_not_asked_again_for_a_while(
    project: Project,
    other: Project,
    precompression_queue: PrecompressionQueue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accept, "MAX_QUEUED_PER_PROJECT", 1)
    for number in range(3):
        precompression_queue.put(_left(project, prose(number)))
        precompression_queue.flush()
    # The third was never looked at; what was looked up counts all the same, and others' texts have room.
    precompression_queue.put(_left(project, prose(4), lookups=Lookups((), 2, 0)))
    precompression_queue.put(_left(other, prose()))
    precompression_queue.flush()
    assert Precompression.objects.filter(project=project).count() == 1
    assert Precompression.objects.filter(project=other).count() == 1
    hour = PrecompressionHour.objects.get(project=project)
    assert (hour.dropped_full, hour.misses) == (3, 2)


def test_an_outage_costs_that_batch_and_no_more(
    project: Project, precompression_queue: PrecompressionQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise DatabaseError("the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(module, "store_requests", down)
        precompression_queue.put(_left(project, prose(1)))
        precompression_queue.flush()
    precompression_queue.put(_left(project, prose(2)))
    precompression_queue.flush()
    assert Precompression.objects.count() == 1


def test_what_waits_is_done_before_the_end(project: Project) -> None:
    ending = PrecompressionQueue()
    ending.put(_left(project, prose()))
    ending.close()
    assert Precompression.objects.count() == 1
