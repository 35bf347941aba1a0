"""A limit on how long other processes are waited for. One thread keeps it for all of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Protocol


class Killable(Protocol):
    """A process, of `subprocess` or of `multiprocessing`."""

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Wait:
    """A wait for a process, until a moment of the monotonic clock."""

    process: Killable
    ends_at: float
    is_late: threading.Event = field(default_factory=threading.Event)


class _Watchdog:
    """Kills the processes that are waited for too long.

    Its thread sleeps until the first end that it knows of, even where that wait is over by then: so it is
    woken every few seconds, and not for every wait. A wait that is over is never killed for: it is dropped
    under the lock under which it would be.
    """

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()
        self._wakes_at = inf
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, wait: _Wait) -> None:
        with self._changed:
            self._waits.add(wait)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="time limits", daemon=True)
                self._thread.start()
            elif wait.ends_at < self._wakes_at:
                self._changed.notify()

    def drop(self, wait: _Wait) -> None:
        with self._changed:
            self._waits.discard(wait)

    def _watch(self) -> None:
        with self._changed:
            while True:
                self._kill_late(monotonic())
                self._wakes_at = min((wait.ends_at for wait in self._waits), default=inf)
                self._changed.wait(None if self._wakes_at == inf else max(0.0, self._wakes_at - monotonic()))

    def _kill_late(self, now: float) -> None:
        for wait in [wait for wait in self._waits if wait.ends_at <= now]:
            self._waits.discard(wait)
            wait.is_late.set()
            with suppress(OSError):
                wait.process.kill()


_watchdog = _Watchdog()


def _start_afresh() -> None:
    """In a fork: the thread is the parent's, and the lock may have been held."""
    global _watchdog
    _watchdog = _Watchdog()


os.register_at_fork(after_in_child=_start_afresh)


@contextmanager
def killed_after(process: Killable, seconds: float) -> Iterator[threading.Event]:
    """The process is killed where the block takes longer, which ends every wait for it; the event says so."""
    wait, watchdog = _Wait(process, monotonic() + seconds), _watchdog
    watchdog.add(wait)
    try:
        yield wait.is_late
    finally:
        watchdog.drop(wait)
