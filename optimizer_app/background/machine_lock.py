"""Work that only one process of a machine does at a time, since it takes what the machine has."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def machine_lock(work: str) -> Iterator[bool]:
    """Whether no other process of this machine is at it; PostgreSQL frees the lock of one that dies."""
    key = zlib.crc32(f"{work} {socket.gethostname()}".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (key,))
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", (key,))
