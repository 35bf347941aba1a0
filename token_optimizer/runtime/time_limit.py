"""A limit on how long another process is waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Killable(Protocol):
    """A process, of `subprocess` or of `multiprocessing`."""

    def kill(self) -> None: ...


@contextmanager
def killed_after(process: Killable, seconds: float) -> Iterator[threading.Event]:
    """The process is killed where the block takes longer, which ends every wait for it; the event says so."""
    is_late = threading.Event()

    def kill() -> None:
        is_late.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()
