"""The schedule of background work, which goes on where the clock is set back, and says that it lives.

Celery's own waits until the clock has come back to where it was: no event would be sent for an hour, where
a machine's clock is put right by an hour.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import structlog
from celery.beat import PersistentScheduler, ScheduleEntry

from optimizer_app.background.heartbeat import SCHEDULE, note_seen

log = structlog.get_logger(__name__)

NOTED_EVERY_SECONDS = 10.0
_TOLERANCE = timedelta(seconds=1)


class SteadyScheduler(PersistentScheduler):
    """The schedule, kept in a file over restarts."""

    _noted_at = -NOTED_EVERY_SECONDS

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Queue what is due; the seconds until the next look."""
        if any(_ran_later(entry) for entry in self.schedule.values()):
            self._begin_anew()
        if time.monotonic() - self._noted_at >= NOTED_EVERY_SECONDS:
            self._noted_at = time.monotonic()
            note_seen(SCHEDULE)
        return float(super().tick(*arguments, **options))

    def _begin_anew(self) -> None:
        """As if each task had run just now."""
        log.warning("clock_was_set_back")
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now()
        self._heap = None


def _ran_later(entry: ScheduleEntry) -> bool:
    """Whether it ran at a time that is still to come."""
    return bool(entry.last_run_at > entry.default_now() + _TOLERANCE)
