"""A process is killed where it is waited for too long, and only then."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from token_optimizer.runtime.time_limit import killed_after

LONG_SECONDS = 60.0


class Process:
    """What is killed, and a wait that its end ends."""

    def __init__(self) -> None:
        self.killed = threading.Event()

    def kill(self) -> None:
        self.killed.set()

    def wait(self) -> bool:
        return self.killed.wait(LONG_SECONDS)


class Gone(Process):
    """One that cannot be killed, since it has ended."""

    def kill(self) -> None:
        super().kill()
        raise ProcessLookupError


def test_it_works() -> None:
    process = Process()
    with killed_after(process, 0.01) as is_late:
        assert process.wait()
        assert is_late.is_set()


def test_a_wait_that_is_over_is_never_killed_for() -> None:
    over, later = Process(), Process()
    with killed_after(over, 0.01):
        pass
    with killed_after(later, 0.02):
        assert later.wait()
    assert not over.killed.is_set()


def test_a_short_limit_holds_beside_a_long_one() -> None:
    patient, hasty = Process(), Process()
    with killed_after(patient, LONG_SECONDS * 10) as is_late:
        with killed_after(hasty, 0.01):
            assert hasty.wait()
        assert not patient.killed.is_set()
        assert not is_late.is_set()


def test_a_limit_holds_after_a_shorter_one_that_was_kept() -> None:
    for _ in range(3):
        with killed_after(Process(), 0.02):
            pass
        process = Process()
        with killed_after(process, 0.04):
            assert process.wait()


def test_one_thread_keeps_all_limits() -> None:
    def late(_: int) -> bool:
        process = Process()
        with killed_after(process, 0.01):
            return process.wait()

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(late, range(32)))
    assert [thread.name for thread in threading.enumerate()].count("time limits") == 1


def test_a_process_that_is_gone_leaves_the_other_limits_in_place() -> None:
    for process in (Gone(), Process()):
        with killed_after(process, 0.01):
            assert process.wait()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_limits_hold_in_a_fork() -> None:
    with killed_after(Process(), LONG_SECONDS):
        if (child := os.fork()) == 0:
            process = Process()
            with killed_after(process, 0.01):
                os._exit(0 if process.wait() else 1)
        assert os.waitpid(child, 0)[1] == 0
