"""Processes on cores of their own: the one that is measured on the first, what it needs on the second."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import requests

from optimizer_app.instance.state import free_port
from tests.patience import PATIENCE_SECONDS

_CORES = sorted(os.sched_getaffinity(0))
MEASURED_CORE, OTHER_CORE = _CORES[0], _CORES[-1]
# Of a process's clocks the one that counts what ran.
_SCHEDULED = 2


def pin(process: psutil.Process, core: int) -> None:
    """Keep a process, its threads and what it starts later on one core."""
    # It may have ended, or some of its threads.
    with suppress(FileNotFoundError):
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            with suppress(ProcessLookupError):
                os.sched_setaffinity(int(task.name), {core})


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """What the processes and all their threads have used so far."""
    return sum(_cpu_seconds(process.pid) for process in processes)


def _cpu_seconds(pid: int) -> float:
    """By the process's own clock: /proc counts in hundredths of a second, one of which 48 requests of a bare
    proxy take."""
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


def memory_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1024**2


@contextmanager
def python_server(
    arguments: list[str], folder: Path, core: int, port: int, environment: Mapping[str, str]
) -> Iterator[psutil.Process]:
    """A Python program that listens on the port, for the length of a block."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        server = psutil.Process(process.pid)
        pin(server, core)
        yield server
    finally:
        process.terminate()
        process.wait()


@contextmanager
def mock_provider(tools: Path) -> Iterator[str]:
    """The URL of the tools' mock provider."""
    port = free_port()
    arguments = ["mock_provider.py", "--port", str(port), "--keep", "1"]
    with python_server(arguments, tools, OTHER_CORE, port, {}):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def bare_proxy(tools: Path, upstream: str) -> Iterator[tuple[str, psutil.Process]]:
    """The tools' pass-through, which does nothing else: its URL and its process."""
    port = free_port()
    arguments = ["-m", "uvicorn", "bare_proxy:app", "--port", str(port)]
    arguments += ["--no-access-log", "--log-level", "warning"]
    with python_server(arguments, tools, MEASURED_CORE, port, {"UPSTREAM": upstream}) as process:
        yield f"http://127.0.0.1:{port}", process


def _wait_for(port: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        with suppress(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS)
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
