"""Which machine's schedule queues the tasks, and when each was queued last.

Kept in Valkey: where several machines run a schedule, one of them leads, and another goes on from where that
one was once it has ended. Without Valkey nothing can be queued, so that it does not matter who leads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import redis
import structlog

from optimizer_app.background.valkey import valkey_client

log = structlog.get_logger(__name__)

LEADER_KEY = "schedule-leader"
RUNS_KEY = "schedule-runs"
# A leader that is heard of no more is followed by another one after that.
LEASE_SECONDS = 30
_client = cache(valkey_client)


class ScheduleLease:
    """The lease as `holder` sees it: a machine's name for itself, the same after its restart."""

    def __init__(self, holder: str) -> None:
        self._holder = holder

    def take(self, *, otherwise: bool) -> bool:
        """Whether it leads for the next LEASE_SECONDS; `otherwise` where Valkey does not answer."""
        return bool(_asked("taken", self._taken, otherwise))

    def release(self) -> None:
        """Let another machine lead at once."""
        _asked("released", self._released, None)

    def note_run(self, task: str, moment: datetime) -> None:
        """The schedule's entry of this name was queued."""
        _asked("noted", lambda: _client().hset(RUNS_KEY, task, f"{moment.timestamp():.3f}"), None)

    def last_runs(self) -> Mapping[str, datetime]:
        """When each entry was queued last, by whichever machine."""
        found = _asked("read", lambda: _client().hgetall(RUNS_KEY), {})
        return {str(name): datetime.fromtimestamp(float(moment), UTC) for name, moment in found.items()}

    def _taken(self) -> bool:
        if _client().set(LEADER_KEY, self._holder, nx=True, ex=LEASE_SECONDS):
            return True
        return _client().get(LEADER_KEY) == self._holder and bool(_client().expire(LEADER_KEY, LEASE_SECONDS))

    def _released(self) -> None:
        if _client().get(LEADER_KEY) == self._holder:
            _client().delete(LEADER_KEY)


def _asked(what: str, ask: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return ask()
    except (redis.RedisError, OSError) as error:
        log.warning("schedule_lease_unreachable", asked=what, error=type(error).__name__)
        return otherwise
