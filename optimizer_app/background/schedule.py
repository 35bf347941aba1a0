"""The schedule of background work: one for all machines, which goes on where the clock is set back, and says
that it lives.

Celery's own waits until the clock has come back to where it was: no event would be sent for an hour, where
a machine's clock is put right by an hour. And each machine's would queue every task.
"""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from typing import Any

import structlog
from celery.beat import PersistentScheduler, ScheduleEntry

from optimizer_app.background.heartbeat import SCHEDULE, note_seen
from optimizer_app.background.schedule_lease import ScheduleLease

log = structlog.get_logger(__name__)

NOTED_EVERY_SECONDS = 10.0
_TOLERANCE = timedelta(seconds=1)


class SteadyScheduler(PersistentScheduler):
    """The schedule, kept over restarts in a file and in Valkey.

    On a machine that does not lead it goes through the same entries, and queues none.
    """

    _noted_at = -NOTED_EVERY_SECONDS
    _leads = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lease = ScheduleLease(f"{socket.gethostname()}:{self.schedule_filename}")

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Queue what is due; the seconds until the next look."""
        if any(_ran_later(entry) for entry in self.schedule.values()):
            self._begin_anew()
        if time.monotonic() - self._noted_at >= NOTED_EVERY_SECONDS:
            self._noted_at = time.monotonic()
            note_seen(SCHEDULE)
            self._look_who_leads()
        return float(super().tick(*arguments, **options))

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Queue what is due, where this machine leads."""
        if self._leads:
            super().apply_entry(entry, producer=producer)
            self._lease.note_run(entry.name, entry.default_now())

    def close(self) -> None:
        """Let another machine lead."""
        super().close()
        self._lease.release()

    def _look_who_leads(self) -> None:
        led, self._leads = self._leads, self._lease.take(otherwise=self._leads)
        if self._leads and not led:
            self._go_on_from_last_runs()

    def _go_on_from_last_runs(self) -> None:
        """From when the machine that led before had each task queued."""
        for name, moment in self._lease.last_runs().items():
            entry = self.schedule.get(name)
            if entry is not None and moment <= entry.default_now():
                entry.last_run_at = moment
        self._heap = None

    def _begin_anew(self) -> None:
        """As if each task had run just now."""
        log.warning("clock_was_set_back")
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now()
        self._heap = None


def _ran_later(entry: ScheduleEntry) -> bool:
    """Whether it ran at a time that is still to come."""
    return bool(entry.last_run_at > entry.default_now() + _TOLERANCE)
