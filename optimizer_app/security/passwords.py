"""Passwords are hashed by one thread of the process, which gives way to everything else.

A hash takes half a second of a core on purpose. By the threads of the requests, whoever posts wrong passwords
would slow everybody down.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import PBKDF2PasswordHasher

_NICER_BY, _NICEST = 10, 19


def _give_way() -> None:
    """On Linux a thread has a niceness of its own."""
    thread = threading.get_native_id()
    usual = os.getpriority(os.PRIO_PROCESS, thread)
    os.setpriority(os.PRIO_PROCESS, thread, min(usual + _NICER_BY, _NICEST))


_THREAD = ThreadPoolExecutor(1, thread_name_prefix="passwords", initializer=_give_way)


class QueuedHasher(PBKDF2PasswordHasher):
    """Django's own, one password after the other."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return _THREAD.submit(super().encode, password, salt, iterations).result()
