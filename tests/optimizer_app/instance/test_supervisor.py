"""Signals to the supervisor."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer_app.instance.servers.running import RunningServers
from optimizer_app.instance.supervisor import StopRequested, Supervisor, raise_on_signals


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """With no children. The signals are ours for the time of a test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    raise_on_signals()
    yield Supervisor(tmp_path, RunningServers(tmp_path), print)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_ends_it_wherever_it_is(supervisor: Supervisor) -> None:
    with pytest.raises(StopRequested):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_python_drops_ends_it_all_the_same(supervisor: Supervisor) -> None:
    class Finalized:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    Finalized()
    with pytest.raises(StopRequested):
        supervisor.keep_alive()
