"""A Celery worker in a process of its own, on the test database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.patience import PATIENCE_SECONDS
from tests.servers.forking import PROJECT_ROOT, ForkedPython
from tests.servers.live_server import database_url


@contextmanager
def celery_worker(
    command: Sequence[str], log_path: Path, *, state_dir: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The worker, once it takes tasks; killed at the end with all that it started.

    What wakes a worker expires after some seconds, so one that is still starting may never hear of it.
    """
    own = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "OPTIMIZER_STATE_DIR": str(state_dir),
    }
    with log_path.open("wb") as log:
        # Some are started by `nice`.
        kind = ForkedPython if command[0] == sys.executable else subprocess.Popen
        process = kind(
            command,
            cwd=PROJECT_ROOT,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, log_path)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], log_path: Path) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while " ready." not in (said := log_path.read_text()):
        assert time.monotonic() < give_up_at, said
        with suppress(subprocess.TimeoutExpired):
            raise RuntimeError(f"the worker ended with status {process.wait(0.05)}:\n{log_path.read_text()}")
