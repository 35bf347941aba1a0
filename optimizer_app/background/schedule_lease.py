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
# Each in one step: between two questions the lease may have passed to another machine.
_TAKE = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('set', KEYS[1], ARGV[1], 'ex', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then
  redis.call('del', KEYS[1])
end
"""
_client = cache(valkey_client)


class ScheduleLease:
    """The lease as `holder` sees it: a machine's name for itself, the same after its restart."""

    def __init__(self, holder: str) -> None:
        self._holder = holder

    def take(self, *, otherwise: bool) -> bool:
        """Whether it leads for the next LEASE_SECONDS; `otherwise` where Valkey does not answer."""

        def take() -> Any:
            return _client().eval(_TAKE, 1, LEADER_KEY, self._holder, LEASE_SECONDS)

        return bool(_asked("taken", take, otherwise))

    def release(self) -> None:
        """Let another machine lead at once."""
        _asked("released", lambda: _client().eval(_RELEASE, 1, LEADER_KEY, self._holder), None)

    def note_run(self, task: str, moment: datetime) -> None:
        """The schedule's entry of this name was queued."""
        _asked("noted", lambda: _client().hset(RUNS_KEY, task, f"{moment.timestamp():.3f}"), None)

    def last_runs(self) -> Mapping[str, datetime]:
        """When each entry was queued last, by whichever machine."""
        found = _asked("read", lambda: _client().hgetall(RUNS_KEY), {})
        return {str(name): datetime.fromtimestamp(float(moment), UTC) for name, moment in found.items()}


def _asked(what: str, ask: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return ask()
    except (redis.RedisError, OSError) as error:
        log.warning("schedule_lease_unreachable", asked=what, error=type(error).__name__)
        return otherwise
