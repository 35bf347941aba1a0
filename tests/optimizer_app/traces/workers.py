"""Processes of `worker`, and a line to PostgreSQL that can be cut."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from optimizer_app.instance.state import free_port
from tests.patience import PATIENCE_SECONDS
from tests.servers.forking import PROJECT_ROOT, ForkedPython
from tests.servers.live_server import database_url

WORKER = "tests.optimizer_app.traces.worker"


class Worker:
    """A worker process for the length of a `with`; it is killed at the end if it still runs."""

    def __init__(self, mode: str, directory: Path, project_id: object, **environment: str) -> None:
        self._log = (directory.parent / f"{mode}-{id(self)}.log").open("w+")
        self.process = ForkedPython(
            [
                sys.executable,
                "-m",
                "tests.optimizer_app.traces.worker",
                mode,
                str(directory),
                str(project_id),
            ],
            cwd=PROJECT_ROOT,
            env={**os.environ, "DATABASE_URL": database_url(), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()

    def record(self) -> str:
        """Record a request; the trace's id."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.said()

    def said(self) -> str:
        """The next line that the worker prints."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_SECONDS)
        line = self.process.stdout.readline().strip() if ready else ""
        if not line:
            raise AssertionError(f"the worker says nothing; it logged:\n{self.log()}")
        return line

    def log(self) -> str:
        return Path(self._log.name).read_text()

    def stop(self) -> None:
        """Let it end as a worker does."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_SECONDS) == 0, self.log()

    def kill(self) -> None:
        """kill -9"""
        self.process.kill()
        self.process.wait()


class CuttableLine:
    """Forwards connections on a port of its own to another; while cut, it drops and refuses them."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._ends: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = free_port()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for end in self._ends:
            _hang_up(end)
        self._ends.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target_port))
            self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    _hang_up(source)
    _hang_up(sink)


def _hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
    finally:
        end.close()
