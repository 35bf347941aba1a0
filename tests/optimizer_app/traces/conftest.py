"""A project to record for, a journal, and a recorder that runs. Models are imported within: this file is
read before Django is set up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from optimizer_app.models import ApiKey, Project
    from optimizer_app.traces.journal.recorder import Recorder

Recording = Callable[[Path], AbstractContextManager["Recorder"]]


@pytest.fixture
def journal_dir(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def project(transactional_db: None) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="Ours")


@pytest.fixture
def api_key(project: Project) -> ApiKey:
    from optimizer_app.models import ApiKey

    return ApiKey.issue(project=project, name="a key")[0]


@pytest.fixture
def recording() -> Recording:
    """`with recording(folder) as recorder`: on an event loop in a thread of its own."""
    return _recording


@contextmanager
def _recording(directory: Path) -> Iterator[Recorder]:
    from optimizer_app.traces.journal.recorder import Recorder

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    recorder = Recorder(directory)
    try:
        asyncio.run_coroutine_threadsafe(recorder.__aenter__(), loop).result(30)
        yield recorder
        asyncio.run_coroutine_threadsafe(recorder.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
