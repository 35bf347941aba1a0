"""One process of an instance, started again whenever it ends, later each time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SETTLED_AFTER_SECONDS = 60
MAX_PAUSE_SECONDS = 10


@dataclass(slots=True)
class Child:
    """`start` starts the process, at first and after each death. It leads a process group of its own.

    `ends_last`: it is stopped after the others.
    """

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    started_at: float = field(default_factory=time.monotonic)
    deaths: int = 0
    start_again_at: float | None = None
    ends_last: bool = False

    def look_after(self) -> str | None:
        """Note a death, or start again when the pause is over; what to tell of it."""
        now = time.monotonic()
        if self.start_again_at is None:
            return None if self.process.poll() is None else self._note_death(now)
        return None if now < self.start_again_at else self._start_again(now)

    def end_group(self) -> None:
        """End the process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _note_death(self, now: float) -> str:
        self.end_group()
        if now - self.started_at > SETTLED_AFTER_SECONDS:
            self.deaths = 0
        return f"{self.name} ended with status {self.process.returncode}; {self._pause(now)}"

    def _start_again(self, now: float) -> str | None:
        try:
            self.process, self.started_at, self.start_again_at = self.start(), now, None
        except OSError as error:
            # A full disk, too little memory: what is wrong outside may pass.
            return f"{self.name} cannot be started ({error.strerror}); {self._pause(now)}"
        return None

    def _pause(self, now: float) -> str:
        self.deaths += 1
        pause_seconds = pause_after(self.deaths)
        self.start_again_at = now + pause_seconds
        return f"starting it again in {pause_seconds:g} s."


def pause_after(deaths: int) -> float:
    """Seconds to wait before a process that died so many times in a row is started again."""
    return min(0.5 * 2.0 ** (deaths - 1), MAX_PAUSE_SECONDS)
