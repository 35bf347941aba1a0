"""The embedding process with the packaged model, for tests: `embeddings` is one that is ready, which the
test's own process uses; it serves all tests of a session, since loading the model takes ten seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from optimizer_app.embeddings import client as embedding_client
from optimizer_app.embeddings.client import embed, status
from tests.patience import PATIENCE_SECONDS
from tests.servers.forking import PROJECT_ROOT, ForkedPython
from tests.state_folder import state_folder

Ready = tuple[subprocess.Popen[str], Path]


@contextmanager
def embedding_process(folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Running, and answering on its socket; its model may still be loading."""
    with open(folder / "embedding.log", "a") as log:
        process = ForkedPython(
            [sys.executable, "manage.py", "embedding"],
            cwd=PROJECT_ROOT,
            env={**os.environ, "OPTIMIZER_STATE_DIR": str(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    """Until it has its socket, which it makes before it loads the model."""
    while status().reason == embedding_client._ABSENT.reason:
        with suppress(subprocess.TimeoutExpired):
            raise RuntimeError(f"the process ended with status {process.wait(0.05)}")


@pytest.fixture(scope="session")
def ready() -> Iterator[Ready]:
    """A process whose model is loaded, with its socket."""
    with state_folder() as folder, embedding_process(folder) as process:
        path = folder / "run" / "embedding.sock"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(django_settings, "EMBEDDING_SOCKET", path, raising=False)
            wait_until_it_listens(process)
            embed(["wake up"], wait=True, timeout_seconds=PATIENCE_SECONDS)
        yield process, path


@pytest.fixture
def use_socket(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    def use(path: Path) -> None:
        monkeypatch.setattr(django_settings, "EMBEDDING_SOCKET", path, raising=False)

    return use


@pytest.fixture
def embeddings(ready: Ready, use_socket: Callable[[Path], None]) -> subprocess.Popen[str]:
    """A process that embeds, asked by this one."""
    use_socket(ready[1])
    return ready[0]
