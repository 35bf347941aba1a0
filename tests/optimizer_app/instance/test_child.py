"""One process that is kept alive."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer_app import child_processes
from optimizer_app.instance import child as child_module
from optimizer_app.instance.child import Child, pause_after
from tests.patience import PATIENCE_SECONDS


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(child_module, "time", clock)
    return clock


@pytest.fixture
def child(clock: Clock) -> Iterator[Child]:
    child = Child("reader", sleeper, sleeper(), started_at=clock.now)
    yield child
    child.end_group()


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)


def kill(child: Child) -> None:
    child.process.kill()
    child.process.wait(PATIENCE_SECONDS)


def test_one_that_lives_is_left_alone(child: Child) -> None:
    before = child.process
    assert child.look_after() is None
    assert child.process is before


def test_one_that_died_is_started_again_after_a_pause(child: Child, clock: Clock) -> None:
    before = child.process
    kill(child)
    assert child.look_after() == "reader ended with status -9; starting it again in 0.5 s."
    assert child.look_after() is None
    assert child.process is before
    clock.now += 0.5
    assert child.look_after() is None
    assert child.process is not before
    assert child.process.poll() is None


def test_the_pause_grows_until_one_settles(child: Child, clock: Clock) -> None:
    for seconds in ("0.5", "1", "2"):
        kill(child)
        assert child.look_after() == f"reader ended with status -9; starting it again in {seconds} s."
        clock.now += float(seconds)
        child.look_after()
    clock.now += 61
    kill(child)
    assert child.look_after() == "reader ended with status -9; starting it again in 0.5 s."


def test_one_that_cannot_be_started_is_tried_again(child: Child, clock: Clock) -> None:
    def full() -> subprocess.Popen[bytes]:
        raise OSError(errno.ENOSPC, "No space left on device")

    kill(child)
    child.look_after()
    child.start = full
    clock.now += 0.5
    told = "reader cannot be started (No space left on device); starting it again in 1 s."
    assert child.look_after() == told
    child.start = sleeper
    clock.now += 1
    assert child.look_after() is None
    assert child.process.poll() is None


def test_one_runs_without_its_pid_file_where_the_disk_is_full(tmp_path: Path) -> None:
    (tmp_path / "sleeper.pid").symlink_to("/dev/full")
    command = child_processes.Command("sleeper", ["sleep", "600"])
    process = child_processes.start(command, run_dir=tmp_path, log_path=tmp_path / "log")
    try:
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)


def test_the_pause_has_a_limit() -> None:
    assert [pause_after(deaths) for deaths in (1, 2, 3, 50)] == [0.5, 1.0, 2.0, 10]
