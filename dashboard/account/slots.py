"""How many people may sign in at the same time: each holds a thread, and soon a database connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_AT_ONCE = 2
_WAITING = 20
_WAIT_SECONDS = 10.0

_at_work = threading.BoundedSemaphore(_AT_ONCE)
_in_line = threading.BoundedSemaphore(_AT_ONCE + _WAITING)


class TooMany(Exception):
    """Too many people sign in at this moment."""


@contextmanager
def login_slot() -> Iterator[None]:
    """Wait for one's turn; TooMany where it would take too long."""
    if not _in_line.acquire(blocking=False):
        raise TooMany
    try:
        if not _at_work.acquire(timeout=_WAIT_SECONDS):
            raise TooMany
        try:
            yield
        finally:
            _at_work.release()
    finally:
        _in_line.release()
