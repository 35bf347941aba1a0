"""The lease of the schedule, where it passes to another machine at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from optimizer_app.background import schedule_lease
from optimizer_app.background.schedule_lease import LEADER_KEY, LEASE_SECONDS, ScheduleLease
from optimizer_app.background.valkey import valkey_client

OURS, OTHERS = "this machine", "another machine"


class Passing(redis.Redis):
    """Lets another machine take the lease just before a command of this number is sent."""

    passes_before = 0
    sent = 0

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        self.sent += 1
        if self.sent == self.passes_before:
            super().execute_command("SET", LEADER_KEY, OTHERS)
        return super().execute_command(*arguments, **options)


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        client.delete(LEADER_KEY)
        yield client
        client.delete(LEADER_KEY)


@pytest.fixture
def passing(valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Passing]:
    """The client of the lease, which this machine holds."""
    assert ScheduleLease(OURS).take(otherwise=False)
    with Passing.from_url(settings.REDIS_URL, decode_responses=True) as client:
        monkeypatch.setattr(schedule_lease, "_client", lambda: client)
        yield client


def test_it_works(valkey: redis.Redis) -> None:
    ours, others = ScheduleLease(OURS), ScheduleLease(OTHERS)
    assert ours.take(otherwise=False)
    assert not others.take(otherwise=True)
    assert 0 < valkey.ttl(LEADER_KEY) <= LEASE_SECONDS
    ours.release()
    assert others.take(otherwise=False)


def test_it_is_held_for_longer_each_time(valkey: redis.Redis) -> None:
    valkey.set(LEADER_KEY, OURS, ex=1)
    assert ScheduleLease(OURS).take(otherwise=False)
    assert valkey.ttl(LEADER_KEY) > 1


@pytest.mark.parametrize("command", [1, 2, 3])
def test_nobody_leads_by_a_lease_that_passed(valkey: redis.Redis, passing: Passing, command: int) -> None:
    passing.passes_before = command
    assert ScheduleLease(OURS).take(otherwise=False) == (valkey.get(LEADER_KEY) == OURS)


@pytest.mark.parametrize("command", [1, 2, 3])
def test_what_another_machine_took_is_not_released(
    valkey: redis.Redis, passing: Passing, command: int
) -> None:
    passing.passes_before = command
    ScheduleLease(OURS).release()
    assert valkey.get(LEADER_KEY) == (OTHERS if passing.sent >= command else None)


def test_without_valkey_it_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(schedule_lease, "_client", valkey_client)
    assert ScheduleLease(OURS).take(otherwise=True)
    assert not ScheduleLease(OURS).take(otherwise=False)
    ScheduleLease(OURS).release()
