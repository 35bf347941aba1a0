"""Whether a process of its own stores what the journal holds: `manage.py recorder`.

It holds a lock in the journal's folder for its life. While nobody does, web workers store their traces
themselves, so that none waits for a process that died or was never started.

`python -m optimizer_app.traces.journal.lone_recorder FOLDER` ends with 0 where it runs, for the health checks
of containers.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "recorder.lock"


@contextmanager
def lone_recorder(directory: Path) -> Iterator[None]:
    """Be that process for the length of a block; waits while another one is."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(directory, os.O_CREAT) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def has_lone_recorder(directory: Path) -> bool:
    """Whether such a process runs now."""
    try:
        with _opened(directory, 0) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def _opened(directory: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(directory / LOCK, os.O_RDWR | flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(0 if has_lone_recorder(Path(sys.argv[1])) else 1)
