"""Rows held by one worker."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from optimizer_app.background.leases import lease
from optimizer_app.models import Precompression, Project
from tests.patience import PATIENCE_SECONDS

WHILE = timedelta(minutes=10)


@pytest.fixture
def rows(transactional_db: None) -> list[Precompression]:
    project = Project.objects.create(name="ours")
    return [
        Precompression.objects.create(
            project=project, key=f"{number}", compressor="c", rate=0.5, threshold=0.9
        )
        for number in range(2)
    ]


def _due() -> list[Precompression]:
    return list(Precompression.objects.due(timezone.now()))


def test_it_works(rows: list[Precompression]) -> None:
    now = timezone.now()
    held = lease(Precompression.objects.due(now).order_by("pk")[:1], WHILE, state="working")
    assert [row.pk for row in held] == [rows[0].pk]
    stored = Precompression.objects.get(pk=rows[0].pk)
    assert (stored.state, stored.leased_until) == ("working", held[0].leased_until)
    assert stored.leased_until >= now + WHILE
    assert _due() == [rows[1]]


def test_a_lease_that_has_passed_frees_the_row(rows: list[Precompression]) -> None:
    assert len(lease(Precompression.objects.due(timezone.now()), -WHILE)) == 2
    assert len(_due()) == 2


def test_a_lease_from_before_the_clock_was_set_back_holds_nothing(rows: list[Precompression]) -> None:
    now = timezone.now()
    with time_machine.travel(now + timedelta(hours=1)):
        lease(Precompression.objects.due(timezone.now()), WHILE)
        assert _due() == []
    with time_machine.travel(now):
        assert len(_due()) == 2


def test_a_row_that_another_worker_is_taking_is_passed_over(rows: list[Precompression]) -> None:
    taken, done = threading.Event(), threading.Event()

    def take_first() -> None:
        with transaction.atomic():
            Precompression.objects.select_for_update().get(pk=rows[0].pk)
            taken.set()
            done.wait(PATIENCE_SECONDS)
        connection.close()

    other = threading.Thread(target=take_first)
    other.start()
    taken.wait(PATIENCE_SECONDS)
    held = lease(Precompression.objects.due(timezone.now()), WHILE)
    done.set()
    other.join()
    assert [row.pk for row in held] == [rows[1].pk]
