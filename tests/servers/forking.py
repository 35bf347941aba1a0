"""Python processes of tests, forked from one that has imported third-party packages already.

What a server or a worker imports takes it a second and a half of CPU, and a run starts some sixty.
`ForkedPython` is a `subprocess.Popen` whose process begins in a fork, with the environment, the folder, the
descriptors and the arguments of its command line: `python -m MODULE ...` or `python SCRIPT ...`. Nothing is
imported ahead of it that reads settings.

    python -m tests.servers.forking DESCRIPTOR MODULE ...

imports the modules and then forks; each process of pytest has one, as soon as it asks.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import os
import pickle
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from optimizer_app.child_processes import end_with_parent
from tests.patience import PATIENCE_SECONDS

PROJECT_ROOT = Path(__file__).parents[2]
# What servers and workers import. Packages for Django are left out, which might keep what settings say.
_PACKAGES = frozenset({
    "aiohttp", "anyio", "asgiref", "attr", "botocore", "celery", "channels_redis", "charset_normalizer",
    "click", "cryptography", "dateutil", "django", "genai_prices", "httptools", "httpx2", "imagesize",
    "jinja2", "joserfc", "jsonschema", "kombu", "lxml", "msgspec", "multidict", "numpy", "opentelemetry",
    "orjson", "psutil", "psycopg", "psycopg_binary", "psycopg_pool", "pydantic", "pydantic_core", "re2",
    "redis", "requests", "rich", "safetensors", "starlette", "structlog", "tiktoken", "token_optimizer",
    "tokenizers", "toktok", "urllib3", "uuid_utils", "uvicorn", "uvloop", "valkey", "websockets", "yaml",
    "yarl",
})  # fmt: skip
_MAX_BYTES = 128 * 1024
_MAX_DESCRIPTORS = 16
# Above all that are passed on.
_ASIDE = 500
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Start:
    """What is asked for, sent with descriptors: the one that the end is written to, and those with `numbers`
    in the new process."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str
    new_session: bool
    numbers: list[int]


class ForkedPython(subprocess.Popen[Any]):
    """Its `args` begin with `sys.executable`; a user, a limit or a shell cannot be asked for."""

    def _execute_child(self, args: Sequence[str], *given: Any) -> None:
        assert args[0] == sys.executable
        _, _, _, passed, cwd, env, _, _, _, *pipes, _, _, _, _, _, new_session, _ = given
        read, _, _, written, _, errors = pipes
        standard = [own if asked == -1 else asked for own, asked in enumerate((read, written, errors))]
        start = _Start(
            [str(argument) for argument in args[1:]],
            dict(os.environ if env is None else env),
            os.fspath(cwd or Path.cwd()),
            new_session,
            [0, 1, 2, *passed],
        )
        self._end, end = os.pipe()
        try:
            self.pid = _forked(start, [end, *standard, *passed])
        finally:
            os.close(end)
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid and self.returncode is None:
                    self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode

    def _try_wait(self, flags: int) -> tuple[int, int]:
        """As `os.waitpid` for this process: the id and how it ended, or zeros where it has not."""
        ended = select.poll()
        ended.register(self._end, select.POLLIN)
        if not ended.poll(0 if flags & os.WNOHANG else None):
            return 0, 0
        status = int(os.read(self._end, 16) or signal.SIGKILL)
        os.close(self._end)
        return self.pid, status


def run_forked(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` with `capture_output`."""
    pipe = subprocess.PIPE
    with ForkedPython(command, stdout=pipe, stderr=pipe, text=True, **options) as process:
        try:
            said = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, *said)


def _forked(start: _Start, descriptors: Sequence[int]) -> int:
    with _lock:
        server, _ = _fork_server()
        socket.send_fds(server, [pickle.dumps(start)], descriptors)
        return int(server.recv(16))


def end_fork_server() -> None:
    """End this process's, if it has one, and what that has forked."""
    if _fork_server.cache_info().currsize:
        connection, process = _fork_server()
        connection.close()
        process.wait()


@cache
def _fork_server() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """A connection to this process's, and the fork server itself."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    modules = [name for name in sys.modules if name.partition(".")[0] in _PACKAGES]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno()), *modules],
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    return ours, process


def _serve(requests: socket.socket) -> tuple[_Start, list[int]]:
    """Fork whenever asked; returns in each fork what it is to run, and its descriptors."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    awake, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    ends: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests, awake], [], [])
        if awake in ready:
            awake.recv(_MAX_BYTES)
            _tell_ends(ends)
        if requests not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(requests, _MAX_BYTES, _MAX_DESCRIPTORS)
        if not message:
            os._exit(0)
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for connection in (requests, awake, wake):
                connection.close()
            for end in (*ends.values(), descriptors[0]):
                os.close(end)
            return pickle.loads(message), descriptors[1:]
        ends[pid] = descriptors[0]
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        requests.send(str(pid).encode())


def _tell_ends(ends: dict[int, int]) -> None:
    """Those of all that have ended, each to whoever waits for it."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            end = ends.pop(ended[0])
            with suppress(BrokenPipeError):
                os.write(end, str(ended[1]).encode())
            os.close(end)


def _become(start: _Start, descriptors: Sequence[int]) -> None:
    """Make this fork what `subprocess` and the interpreter make of a new process."""
    end_with_parent()
    if start.new_session:
        os.setsid()
    aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, _ASIDE) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for descriptor, number in zip(aside, start.numbers, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(start.folder)
    os.environ.clear()
    os.environ.update(start.environment)
    sys.modules["__main__"] = ModuleType("__main__")


def _run(arguments: Sequence[str]) -> None:
    if arguments[0] == "-m":
        sys.argv[:] = ["-m", *arguments[2:]]
        sys.path[0] = str(Path.cwd())
        runpy._run_module_as_main(arguments[1])
    else:
        sys.argv[:] = arguments
        sys.path[0] = str(Path(arguments[0]).resolve().parent)
        runpy.run_path(arguments[0], run_name="__main__")


def _import(names: Sequence[str]) -> None:
    """Those that need no settings. The ranks of an encoding take half a second."""
    from token_optimizer.tokens.counts import count_texts

    for name in names:
        with suppress(Exception):
            importlib.import_module(name)
    count_texts(["warm"], "gpt-4o")
    gc.freeze()


if __name__ == "__main__":
    end_with_parent()
    _import(sys.argv[2:])
    _start, _descriptors = _serve(socket.socket(fileno=int(sys.argv[1])))
    _become(_start, _descriptors)
    # What is raised, as at the end of a command, goes out of the fork, which ends as a process does.
    _run(_start.arguments)
