"""The schedule of background work, on a clock that is not always right, and on several machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import time_machine
from celery import Celery
from django.conf import settings

from optimizer_app.background import schedule
from optimizer_app.background.heartbeat import KEY, SCHEDULE, last_seen
from optimizer_app.background.schedule import SteadyScheduler
from optimizer_app.background.schedule_lease import LEADER_KEY, RUNS_KEY

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
Start = Callable[..., SteadyScheduler]


class Noting(SteadyScheduler):
    """Writes down what it would queue."""

    def apply_async(self, entry, producer=None, advance=True, **options):
        self.queued.append(entry.task)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a schedule on the file of the one before, or on that of another machine."""
    app = Celery("of a test", set_as_current=False, broker="memory://")
    app.conf.beat_schedule = {
        "often": {"task": "often", "schedule": timedelta(seconds=2)},
        "seldom": {"task": "seldom", "schedule": timedelta(seconds=30)},
    }
    started = []
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(LEADER_KEY, RUNS_KEY)

    def start_one(machine: str = "a") -> SteadyScheduler:
        scheduler = Noting(app, schedule_filename=str(tmp_path / f"schedule of {machine}"))
        scheduler.queued = []
        started.append(scheduler)
        return scheduler

    yield start_one
    for scheduler in started:
        scheduler.close()


def run(scheduler: SteadyScheduler, clock: time_machine.Traveller, seconds: int) -> list[str]:
    """What it queues within so many seconds from now."""
    scheduler.queued.clear()
    for _ in range(seconds):
        clock.shift(1)
        while scheduler.tick() == 0:
            pass
    return scheduler.queued


def test_it_works(start: Start) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        queued = run(start(), clock, 61)
    assert queued.count("often") == 30
    assert queued.count("seldom") == 2


def test_it_goes_on_where_the_clock_is_set_back(start: Start) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        scheduler = start()
        run(scheduler, clock, 61)
        clock.move_to(NOON - timedelta(hours=1))
        queued = run(scheduler, clock, 61)
    assert queued.count("often") == 30
    assert queued.count("seldom") == 2


def test_it_goes_on_after_a_start_with_an_earlier_clock(start: Start) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        before = start()
        run(before, clock, 61)
        before.sync()
        clock.move_to(NOON - timedelta(days=1))
        assert run(start(), clock, 31).count("seldom") == 1


def test_it_says_that_it_lives(start: Start) -> None:
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        client.delete(KEY)
        with time_machine.travel(NOON, tick=False) as clock:
            run(start(), clock, 1)
            assert last_seen(client)[SCHEDULE] == datetime.now(UTC)
        client.delete(KEY)


def test_one_of_two_machines_queues_and_the_other_goes_on_where_it_ends(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "NOTED_EVERY_SECONDS", 0.0)
    with time_machine.travel(NOON, tick=False) as clock:
        one, other = start(), start("b")
        assert run(one, clock, 20).count("often") == 10
        assert run(other, clock, 5) == []
        one.close()
        queued = run(other, clock, 10)
    # None had queued it for 25 s when the first one ended.
    assert queued.count("seldom") == 1
    assert queued.count("often") == 5


def test_a_schedule_whose_file_is_lost_goes_on_from_what_valkey_knows(start: Start) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        one = start()
        assert run(one, clock, 32).count("seldom") == 1
        one.close()
        clock.shift(25)
        assert run(start("a new folder"), clock, 5).count("seldom") == 1
