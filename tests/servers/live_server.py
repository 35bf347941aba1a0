"""The ASGI application in a process of its own, on the test database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from optimizer_app.instance import web
from tests.patience import PATIENCE_SECONDS
from tests.servers.forking import PROJECT_ROOT, ForkedPython


@dataclass(frozen=True)
class LiveServer:
    """A running server. `state_dir` is its own; `process` may be killed by a test that wants to."""

    url: str
    state_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http://", "ws://")

    @property
    def journal_dir(self) -> Path:
        return self.state_dir / "journal"

    def log(self) -> str:
        """What the server logged so far."""
        return (self.state_dir / "web.log").read_text(errors="replace")

    def wait_until_ready(self) -> None:
        """The socket listens from the start, so the first request is answered as soon as the server can."""
        try:
            urllib.request.urlopen(f"{self.url}/healthz", timeout=PATIENCE_SECONDS).close()
        except OSError as error:
            raise RuntimeError(f"the server does not answer ({error}); it logged:\n{self.log()}") from None


@contextmanager
def running_server(
    *, state_dir: Path | None = None, anew: bool = False, **environment: str
) -> Iterator[LiveServer]:
    """A server for the length of a block. With `state_dir` it takes up the journal that another one left.

    `anew`: its interpreter is started, not forked, and hashes texts in its own way.
    """
    own = state_dir or Path(tempfile.mkdtemp(prefix="token-optimizer-server-"))
    try:
        server = _started(own, environment, subprocess.Popen if anew else ForkedPython)
        try:
            server.wait_until_ready()
            yield server
        finally:
            _stop(server.process)
    finally:
        if state_dir is None:
            shutil.rmtree(own, ignore_errors=True)


def _started(
    state_dir: Path, environment: dict[str, str], start: Callable[..., subprocess.Popen[bytes]]
) -> LiveServer:
    listener = web.listening_socket("127.0.0.1", 0)
    with listener:
        listener.listen(128)
        with open(state_dir / "web.log", "ab") as log:
            process = start(
                _measured(web.arguments(listener)),
                cwd=PROJECT_ROOT,
                env={**os.environ, **_own_environment(state_dir), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        return LiveServer(f"http://127.0.0.1:{listener.getsockname()[1]}", state_dir, process)


def _measured(arguments: list[str]) -> list[str]:
    """The command, measured where `bin/test --cov` asks for it."""
    if "TESTS_COVERAGE_DIR" not in os.environ:
        return arguments
    python, run_module, _, descriptor = arguments
    return [python, run_module, "tests.measured", descriptor]


def _own_environment(state_dir: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "OPTIMIZER_STATE_DIR": str(state_dir),
        "DATABASE_URL": database_url(),
    }


def database_url() -> str:
    """The URL of the database that this run's tests see."""
    settings = connection.settings_dict
    login = f"{quote(settings['USER'], safe='')}:{quote(settings['PASSWORD'], safe='')}"
    return f"postgres://{login}@{settings['HOST']}:{settings['PORT']}/{quote(settings['NAME'], safe='')}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
