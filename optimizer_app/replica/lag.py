"""How far the replica is behind, by positions in the write-ahead log.

Clocks differ, and the time of the last transaction that was replayed says nothing while nobody writes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import structlog
from django.db import DEFAULT_DB_ALIAS, Error, connections

from optimizer_app.replica.router import REPLICA

log = structlog.get_logger(__name__)

MAX_LAG_SECONDS = 5.0
LOOK_EVERY_SECONDS = 2.0
# One that does not answer is not asked for a while: each try keeps a page waiting.
AWAY_SECONDS = 30.0
_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
_REPLAYED = "SELECT pg_wal_lsn_diff(COALESCE(pg_last_wal_replay_lsn(), pg_current_wal_lsn()), '0/0')::bigint"


@dataclass(slots=True)
class ReplicaWatch:
    """`written` and `replayed` ask the primary and the replica for their positions."""

    written: Callable[[], int]
    replayed: Callable[[], int]
    clock: Callable[[], float] = time.monotonic
    # When the replica held all that had been written, at the latest.
    _up_to_date_at: float = float("-inf")
    # What had been written at a moment, and is not known to be replayed yet.
    _mark: tuple[float, int] | None = None
    _next_look: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_fit(self) -> bool:
        """Whether the replica is behind by MAX_LAG_SECONDS at most."""
        with self._lock:
            is_time = self.clock() >= self._next_look
            if is_time:
                self._next_look = self.clock() + LOOK_EVERY_SECONDS
        if is_time:
            self._look()
        return self.clock() - self._up_to_date_at <= MAX_LAG_SECONDS

    def distrust(self) -> None:
        """It failed: read from the primary for a while."""
        self._up_to_date_at = float("-inf")
        self._mark = None
        self._next_look = self.clock() + AWAY_SECONDS

    def _look(self) -> None:
        now = self.clock()
        try:
            replayed, written = self.replayed(), self.written()
        except Error as error:
            log.warning("replica_away", error=type(error).__name__)
            self.distrust()
            return
        if replayed >= written:
            self._up_to_date_at, self._mark = now, None
        elif self._mark is None:
            self._mark = (now, written)
        elif replayed >= self._mark[1]:
            self._up_to_date_at, self._mark = self._mark[0], (now, written)


@cache
def replica_watch() -> ReplicaWatch:
    """This process's."""
    return ReplicaWatch(lambda: _asked(DEFAULT_DB_ALIAS, _WRITTEN), lambda: _asked(REPLICA, _REPLAYED))


def _asked(alias: str, query: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
