"""Whether the replica is up to date enough, by the positions of both servers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import OperationalError

from optimizer_app.replica.lag import AWAY_SECONDS, MAX_LAG_SECONDS, ReplicaWatch


@dataclass
class Servers:
    """Positions, and the time, as a test wants them."""

    written: int = 100
    replayed: int = 100
    now: float = 1_000.0
    is_away: bool = False
    watch: ReplicaWatch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = ReplicaWatch(lambda: self.written, self._replayed, lambda: self.now)

    def _replayed(self) -> int:
        if self.is_away:
            raise OperationalError
        return self.replayed

    def after(self, seconds: float) -> bool:
        self.now += seconds
        return self.watch.is_fit()


@pytest.fixture
def servers() -> Servers:
    return Servers()


def test_it_is_fit_where_nothing_is_written(servers: Servers) -> None:
    assert servers.after(0)
    assert servers.after(3_600)


def test_it_is_fit_where_it_follows_a_moment_later(servers: Servers) -> None:
    servers.after(0)
    for _ in range(10):
        servers.replayed = servers.written
        servers.written += 50
        assert servers.after(2)


def test_it_is_not_while_it_hangs_and_is_again_once_it_caught_up(servers: Servers) -> None:
    assert servers.after(0)
    servers.written = 200
    assert servers.after(2)
    assert not servers.after(MAX_LAG_SECONDS)
    assert not servers.after(3_600)
    servers.replayed = 200
    assert servers.after(2)


def test_it_is_not_known_to_be_fit_at_first(servers: Servers) -> None:
    servers.replayed = 50
    assert not servers.after(0)
    servers.replayed, servers.written = 120, 300
    assert servers.after(2)


def test_one_that_is_away_is_not_asked_for_a_while(servers: Servers) -> None:
    assert servers.after(0)
    servers.is_away = True
    assert not servers.after(2)
    servers.is_away = False
    assert not servers.after(AWAY_SECONDS - 1)
    assert servers.after(1)
