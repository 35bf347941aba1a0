"""Keeps an instance's processes alive until a signal ends it.

A process that dies is started again, later each time, the databases too: meanwhile known keys are served
from memory, and traces wait in the journal. Stopping asks the workers first, then the recorder, which stores
what they leave, and the databases once nobody needs them any more.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from optimizer_app import child_processes
from optimizer_app.instance.child import Child
from optimizer_app.instance.logs import rotate
from optimizer_app.instance.servers.running import RunningServers, log_dir, run_dir

STOP_WITHIN_SECONDS = 18
_LOOK_AGAIN_SECONDS = 0.1
_A_MOMENT_SECONDS = 1.0
_LOOK_AT_LOGS_SECONDS = 10.0
_asked_to_stop = threading.Event()


class StopRequested(BaseException):
    """SIGTERM or SIGINT came."""


class WorkerFailed(Exception):
    """A worker ended before the instance was up; the message holds the end of its log."""


@dataclass(slots=True)
class Supervisor:
    """`say` tells the person at the terminal what happens."""

    state_dir: Path
    servers: RunningServers
    say: Callable[[str], None]
    workers: list[Child] = field(default_factory=list)
    _next_look_at_logs: float = 0.0

    def start(self, commands: Sequence[child_processes.Command]) -> None:
        for command in commands:
            start = partial(self._start, command)
            self.workers.append(Child(command.name, start, start(), ends_last=command.ends_last))

    def check_started(self) -> None:
        """Raise where a worker or a database ended; for the time before the first answer."""
        self.servers.check_alive()
        for worker in self.workers:
            if worker.process.poll() is not None:
                raise WorkerFailed(
                    f"{worker.name} ended with status {worker.process.returncode} "
                    f"while starting; see {self._log(worker.name)}:\n{self._last_words(worker)}"
                )

    def keep_alive(self) -> NoReturn:
        """Until StopRequested."""
        while not _asked_to_stop.is_set():
            self._keep_logs_short()
            for child in (*self.servers.children.values(), *self.workers):
                if news := child.look_after():
                    self.say(f"{news} Its log: {self._log(child.name)}")
            time.sleep(_LOOK_AGAIN_SECONDS)
        raise StopRequested

    def stop(self) -> None:
        """End every child. A second signal meanwhile makes it quick."""
        give_up_at = time.monotonic() + STOP_WITHIN_SECONDS
        try:
            _stop([worker for worker in self.workers if not worker.ends_last], give_up_at)
            last_give_up_at = max(give_up_at, time.monotonic() + _A_MOMENT_SECONDS)
            _stop([worker for worker in self.workers if worker.ends_last], last_give_up_at)
        except StopRequested:
            self.say("Stopping at once.")
        for worker in self.workers:
            worker.end_group()
            (run_dir(self.state_dir) / f"{worker.name}.pid").unlink(missing_ok=True)
        self.servers.stop()

    def _keep_logs_short(self) -> None:
        # A full disk is told of by those who write to it.
        if time.monotonic() > self._next_look_at_logs:
            self._next_look_at_logs = time.monotonic() + _LOOK_AT_LOGS_SECONDS
            with contextlib.suppress(OSError):
                rotate(log_dir(self.state_dir))

    def _start(self, command: child_processes.Command) -> subprocess.Popen[bytes]:
        return child_processes.start(
            command, run_dir=run_dir(self.state_dir), log_path=self._log(command.name)
        )

    def _log(self, name: str) -> Path:
        return log_dir(self.state_dir) / f"{name}.log"

    def _last_words(self, worker: Child) -> str:
        lines = self._log(worker.name).read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-8:])


def _stop(workers: Sequence[Child], give_up_at: float) -> None:
    """Ask them to end, and wait for them until then."""
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            worker.process.send_signal(signal.SIGTERM)
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(max(0.0, give_up_at - time.monotonic()))


def raise_on_signals() -> None:
    """From here on SIGTERM and SIGINT raise StopRequested, wherever the program is.

    Within a finalizer Python drops what is raised: `keep_alive` knows of it all the same.
    """
    _asked_to_stop.clear()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise)


def _raise(_number: int, _frame: FrameType | None) -> NoReturn:
    _asked_to_stop.set()
    raise StopRequested
