"""Work that one process of a machine does at a time, or so many, since it takes what the machine has."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection

from optimizer_app.background.connections import session_connection


@contextmanager
def machine_lock(work: str) -> Iterator[bool]:
    """Whether no other process of this machine is at it; PostgreSQL frees the lock of one that dies."""
    key = lock_key(work)
    with session_connection(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (key,))
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", (key,))


def lock_key(work: str) -> int:
    """The number of the lock, on this machine."""
    return zlib.crc32(f"{work} {socket.gethostname()}".encode())


@contextmanager
def machine_slot(work: str, slots: int) -> Iterator[bool]:
    """Whether fewer than so many other processes of this machine are at it."""
    with ExitStack() as stack:
        yield any(stack.enter_context(machine_lock(f"{work} {slot}")) for slot in range(slots))
