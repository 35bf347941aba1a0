"""The process that stores what web workers hand over, and what they do without it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from optimizer_app.models import Project, RequestTrace
from optimizer_app.traces.journal.lone_recorder import has_lone_recorder
from tests.optimizer_app.traces.records import eventually, segments
from tests.optimizer_app.traces.workers import CuttableLine, Worker
from tests.patience import PATIENCE_SECONDS
from tests.servers.forking import PROJECT_ROOT, ForkedPython
from tests.servers.live_server import database_url


@pytest.fixture
def journal_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    folder.mkdir()
    return folder


@contextmanager
def running_recorder(journal_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py recorder`, once it is at work."""
    environment = {"OPTIMIZER_STATE_DIR": str(journal_dir.parent), "DATABASE_URL": database_url()}
    process = ForkedPython(
        [sys.executable, "manage.py", "recorder"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", **environment},
    )
    try:
        eventually(lambda: has_lone_recorder(journal_dir))
        yield process
    finally:
        process.kill()
        process.wait()


def worker_without_database(journal_dir: Path, project: Project, nowhere: CuttableLine) -> Worker:
    url = database_url().replace(f":{connection.settings_dict['PORT']}/", f":{nowhere.port}/")
    return Worker("recorder", journal_dir, project.id, DATABASE_URL=url)


def stored_ids() -> set[str]:
    return {str(found) for found in RequestTrace.objects.values_list("id", flat=True)}


def test_it_stores_what_workers_hand_over(journal_dir: Path, project: Project) -> None:
    """Their own way to the database leads nowhere."""
    with (
        CuttableLine(1) as nowhere,
        running_recorder(journal_dir),
        worker_without_database(journal_dir, project, nowhere) as one,
        worker_without_database(journal_dir, project, nowhere) as other,
    ):
        recorded = {worker.record() for _ in range(5) for worker in (one, other)}
        eventually(lambda: stored_ids() == recorded)
        recorded |= {one.record(), other.record()}
        one.stop()
        other.kill()
        eventually(lambda: stored_ids() == recorded)
        eventually(lambda: not segments(journal_dir))


def test_what_is_there_when_it_is_stopped_is_stored_before_it(journal_dir: Path, project: Project) -> None:
    with running_recorder(journal_dir) as process, Worker("journal", journal_dir, project.id) as worker:
        recorded = {worker.record(), worker.record()}
        worker.kill()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0

    assert stored_ids() == recorded
    assert segments(journal_dir) == []


def test_while_it_does_not_run_workers_store_themselves(journal_dir: Path, project: Project) -> None:
    with running_recorder(journal_dir) as process, Worker("recorder", journal_dir, project.id) as worker:
        recorded = {worker.record()}
        eventually(lambda: stored_ids() == recorded)
        process.kill()
        process.wait()
        recorded.add(worker.record())
        eventually(lambda: stored_ids() == recorded)
        with running_recorder(journal_dir):
            recorded.add(worker.record())
            eventually(lambda: stored_ids() == recorded)


def test_what_was_handed_over_to_one_that_died_is_stored(journal_dir: Path, project: Project) -> None:
    """It is stopped with a segment in its hands, and killed then."""
    with running_recorder(journal_dir) as process, Worker("recorder", journal_dir, project.id) as worker:
        process.send_signal(signal.SIGSTOP)
        recorded = {worker.record()}
        eventually(lambda: not _is_held(segments(journal_dir)))
        recorded.add(worker.record())
        process.kill()
        process.wait()
        eventually(lambda: stored_ids() == recorded)
        eventually(lambda: not segments(journal_dir))


def _is_held(paths: list[Path]) -> bool:
    """Whether a process has one of them open for writing."""
    inodes = {path.stat().st_ino for path in paths}
    locks = re.findall(r" [0-9a-f]+:[0-9a-f]+:(\d+) ", Path("/proc/locks").read_text())
    return not paths or any(int(inode) in inodes for inode in locks)


def test_a_second_one_waits(journal_dir: Path) -> None:
    with running_recorder(journal_dir) as first, running_recorder(journal_dir):
        first.kill()
        first.wait()
        eventually(lambda: has_lone_recorder(journal_dir))


def test_without_one_nobody_is_said_to_record(tmp_path: Path) -> None:
    assert not has_lone_recorder(tmp_path / "journal")
