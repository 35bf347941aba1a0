"""Keeps an instance's processes alive until a signal ends it.

A worker that dies is started again, later each time. A database that dies ends the whole, with the end of
its log: whatever killed it would do so again. Stopping asks the workers first, and the databases once no
worker needs them any more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from optimizer_app import child_processes
from optimizer_app.instance.servers.running import RunningServers, log_dir, run_dir

STOP_WITHIN_SECONDS = 18
SETTLED_AFTER_SECONDS = 60
MAX_PAUSE_SECONDS = 30
_LOOK_AGAIN_SECONDS = 0.1


class StopRequested(BaseException):
    """SIGTERM or SIGINT came."""


class WorkerFailed(Exception):
    """A worker ended before the instance was up; the message holds the end of its log."""


@dataclass(slots=True)
class Worker:
    """One child that is kept alive."""

    command: child_processes.Command
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    start_again_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """`say` tells the person at the terminal what happens."""

    state_dir: Path
    servers: RunningServers
    say: Callable[[str], None]
    workers: list[Worker] = field(default_factory=list)

    def start(self, commands: Sequence[child_processes.Command]) -> None:
        for command in commands:
            self.workers.append(Worker(command, self._start(command), time.monotonic()))

    def check_started(self) -> None:
        """Raise where a worker or a database ended; for the time before the first answer."""
        self.servers.check_alive()
        for worker in self.workers:
            if worker.process.poll() is not None:
                raise WorkerFailed(
                    f"{worker.command.name} ended with status {worker.process.returncode} "
                    f"while starting; see {self._log(worker.command.name)}:\n{self._last_words(worker)}"
                )

    def keep_alive(self) -> NoReturn:
        """Until StopRequested, or ServerFailed."""
        while True:
            self.servers.check_alive()
            for worker in self.workers:
                self._look_after(worker)
            time.sleep(_LOOK_AGAIN_SECONDS)

    def stop(self) -> None:
        """End every child. A second signal meanwhile makes it quick."""
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.process.send_signal(signal.SIGTERM)
        give_up_at = time.monotonic() + STOP_WITHIN_SECONDS
        try:
            for worker in self.workers:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.process.wait(max(0.0, give_up_at - time.monotonic()))
        except StopRequested:
            self.say("Stopping at once.")
        for worker in self.workers:
            self._end_group(worker)
        self.servers.stop()

    def _look_after(self, worker: Worker) -> None:
        now = time.monotonic()
        if worker.start_again_at is None:
            if worker.process.poll() is not None:
                self._note_death(worker, now)
        elif now >= worker.start_again_at:
            worker.process, worker.started_at = self._start(worker.command), now
            worker.start_again_at = None

    def _note_death(self, worker: Worker, now: float) -> None:
        self._end_group(worker)
        worker.deaths = 1 if now - worker.started_at > SETTLED_AFTER_SECONDS else worker.deaths + 1
        pause_seconds = pause_after(worker.deaths)
        worker.start_again_at = now + pause_seconds
        name = worker.command.name
        self.say(
            f"{name} ended with status {worker.process.returncode}; starting it again in "
            f"{pause_seconds:g} s. Its log: {self._log(name)}"
        )

    def _start(self, command: child_processes.Command) -> subprocess.Popen[bytes]:
        return child_processes.start(
            command, run_dir=run_dir(self.state_dir), log_path=self._log(command.name)
        )

    def _end_group(self, worker: Worker) -> None:
        """End the worker and what it started: each worker leads a process group of its own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        (run_dir(self.state_dir) / f"{worker.command.name}.pid").unlink(missing_ok=True)

    def _log(self, name: str) -> Path:
        return log_dir(self.state_dir) / f"{name}.log"

    def _last_words(self, worker: Worker) -> str:
        lines = self._log(worker.command.name).read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-8:])


def pause_after(deaths: int) -> float:
    """Seconds to wait before a worker that died so many times in a row is started again."""
    return min(0.5 * 2.0 ** (deaths - 1), MAX_PAUSE_SECONDS)


def raise_on_signals() -> None:
    """From here on SIGTERM and SIGINT raise StopRequested, wherever the program is."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise)


def _raise(_number: int, _frame: FrameType | None) -> NoReturn:
    raise StopRequested
