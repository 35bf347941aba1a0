"""Processes that end with their parent, and the leftovers of a start that crashed.

Linux sends a parent-death signal when the *thread* that started the child ends, so children are started
from the main thread only. Each child leaves a pid file with its start time: a process is ended by us only
where both agree, so a pid that was given to somebody else's process since is never touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_START_TIME_TOLERANCE_SECONDS = 1.0
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Command:
    """How to start one child. `user` and `group` are ids to run under, None for our own.

    `orphan_signal` is what the kernel sends to the child when its parent dies. `ends_last`: it takes up what
    the others leave, and so is stopped after them.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path | None = None
    user: int | None = None
    group: int | None = None
    orphan_signal: signal.Signals = signal.SIGTERM
    descriptors: tuple[int, ...] = ()
    ends_last: bool = False


def start(command: Command, *, run_dir: Path, log_path: Path) -> subprocess.Popen[bytes]:
    """Start the child in a session of its own, so that Ctrl-C reaches the supervisor alone."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(f"{command.name} must be started from the main thread")
    with open(log_path, "ab", opener=_private) as log:
        process = subprocess.Popen(  # noqa: S603 -- our own command lines
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(command.environment),
            cwd=command.folder,
            user=command.user,
            group=command.group,
            extra_groups=None if command.user is None else [],
            start_new_session=True,
            pass_fds=command.descriptors,
            preexec_fn=_death_signal_setter(command.orphan_signal),
        )
    # On a full disk it runs without its pid file, which tells the next start of it after a crash.
    with contextlib.suppress(OSError):
        _remember(process.pid, run_dir / f"{command.name}.pid")
    return process


def end_with_parent(signal_number: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send this process the signal when its parent ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)


def show_as(name: str) -> None:
    """Name this process, in up to 15 characters, for `top` and its like: a fork has the command line of its
    parent."""
    with contextlib.suppress(OSError):  # elsewhere than on Linux
        Path("/proc/self/comm").write_text(name)


def end_leftovers(run_dir: Path, *, patience_seconds: float = 10) -> list[str]:
    """End what a crashed start left running: asked first, then killed. Returns the names."""
    found = running(run_dir)
    for process in found.values():
        # PostgreSQL reads SIGINT as "stop now, cleanly", and would wait for its clients after SIGTERM.
        process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _, stubborn = psutil.wait_procs(list(found.values()), timeout=patience_seconds)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=patience_seconds)
    for path in run_dir.glob("*.pid"):
        path.unlink()
    return sorted(found)


def running(run_dir: Path) -> dict[str, psutil.Process]:
    """The living children of the folder's pid files, by name."""
    return {path.stem: process for path in run_dir.glob("*.pid") if (process := _remembered(path))}


def _death_signal_setter(signal_number: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl, number, parent = _libc.prctl, int(signal_number), os.getpid()

    def set_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died between the fork and the line above
            os._exit(1)

    return set_signal


def _remember(pid: int, path: Path) -> None:
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    path.write_text(json.dumps({"pid": pid, "started": started}))


def _remembered(path: Path) -> psutil.Process | None:
    """The process of a pid file, where it is still the one that wrote it."""
    try:
        note = json.loads(path.read_text())
        process = psutil.Process(note["pid"])
        same = abs(process.create_time() - note["started"]) < _START_TIME_TOLERANCE_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
