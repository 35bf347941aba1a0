"""Passwords are hashed apart from everything else."""

from __future__ import annotations

import os
import threading

from optimizer_app.security import passwords
from optimizer_app.security.passwords import QueuedHasher


def test_it_is_djangos_own_hash() -> None:
    hasher = QueuedHasher()
    kept = hasher.encode("a pass phrase", "salt" * 6, iterations=1000)
    assert kept.startswith("pbkdf2_sha256$1000$")
    assert hasher.verify("a pass phrase", kept)
    assert not hasher.verify("another", kept)


def test_its_thread_gives_way_to_all_others() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert passwords._THREAD.submit(niceness).result() > niceness()
