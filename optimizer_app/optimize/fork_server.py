"""Forks of a web worker as it was before it served.

A process that starts anew takes two seconds of CPU to import and load what its worker has in memory already.
A fork of a worker that serves would take along its event loop, its threads and its connections. So the worker
forks once before it has any of these: that fork waits, and forks again whenever the worker asks for another.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

from optimizer_app.child_processes import end_with_parent, show_as

_NAME = "fork server"
_server: Connection | None = None


class ForkedProcess:
    """A process that is no child of this one, with the methods of a `multiprocessing.Process` that end it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __del__(self) -> None:
        os.close(self._handle)

    def is_alive(self) -> bool:
        return not self._has_ended_within(0)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def join(self) -> None:
        self._has_ended_within(None)

    def _has_ended_within(self, milliseconds: int | None) -> bool:
        ended = select.poll()
        ended.register(self._handle, select.POLLIN)
        return bool(ended.poll(milliseconds))


def start_fork_server() -> None:
    """Fork this process as it is now, from its main thread. It ends with this process.

    Nothing where that is not safe, because of other threads, or where no process can wait for one that is not
    its child, as elsewhere than on Linux: `fork` then forks nothing.
    """
    global _server
    if threading.active_count() > 1 or not _can_wait_for_any():
        return
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    context.Process(target=_serve_forks, args=(theirs, ours), name=_NAME).start()
    theirs.close()
    _server = ours


def fork(target: Callable[..., None], pipe: Connection, *arguments: Any) -> ForkedProcess | None:
    """A process that runs `target(pipe, *arguments)`; None where there is no fork server, or none anymore."""
    if _server is None:
        return None
    try:
        _server.send((target, arguments))
        send_handle(_server, pipe.fileno(), 0)
        return ForkedProcess(os.pidfd_open(_server.recv()))
    except (EOFError, OSError):
        return None


def _can_wait_for_any() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def _serve_forks(requests: Connection, of_worker: Connection) -> None:
    """What the fork server does, until its worker hangs up."""
    # It would never see the end of a pipe whose other end it holds itself.
    of_worker.close()
    show_as(_NAME)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    worker = multiprocessing.parent_process()
    if worker is None or os.getppid() != worker.pid:
        os._exit(1)
    # What forks share stays shared as long as nobody writes to it, as the collector does.
    gc.freeze()
    with suppress(EOFError, OSError):
        while True:
            requests.send(_fork(requests))


def _fork(requests: Connection) -> int | None:
    """The id of the next process that the worker asks for."""
    target, arguments = requests.recv()
    with Connection(recv_handle(requests)) as pipe:
        context = multiprocessing.get_context("fork")
        process = context.Process(target=target, args=(pipe, *arguments), daemon=True)
        process.start()
    return process.pid
