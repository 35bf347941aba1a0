"""One process at a time works on a state folder's servers: `up`, or a command that starts them for itself."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimizer_app import child_processes
from optimizer_app.instance.servers.running import run_dir


class AlreadyRuns(Exception):
    """Another process has the state folder."""


@contextmanager
def claimed(state_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; what a crashed start left running is ended before anything else."""
    folder = run_dir(state_dir)
    with open(folder / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(f"another process runs on {state_dir}") from None
        child_processes.end_leftovers(folder)
        yield
