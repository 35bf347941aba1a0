"""`manage.py up`, whole: what it prints works, a crash loses nothing, nothing outlives it."""

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.optimizer_app.instance.whole.running_instance import Instance, failed_start, manage, start_instance
from tests.patience import PATIENCE_SECONDS
from tests.state_folder import state_folder

pytestmark = pytest.mark.long
# A key that no worker knows yet gets a 503 where the database is slow, on a machine that is busy.
PATIENTLY = ("--retry", "20", "--retry-delay", "1")


def test_a_life_with_crashes_and_a_backup(own_state_dir: Path, tmp_path: Path) -> None:
    """Few starts, and all in one test, since each takes seconds."""
    backup = tmp_path / "backup.tar"
    first = start_instance(own_state_dir)
    try:
        first.wait_until_up()
        trace_id = ask(first.curl_line, *PATIENTLY)["optimizer_stats"]["trace_id"]
        assert_recognisable(first)
        assert_nothing_of_root(first)
        assert open_to_others(own_state_dir) == []
        manage("backup", str(backup), state_dir=own_state_dir)
        first.kill_everything()
    finally:
        first.process.kill()

    second = start_instance(own_state_dir, PORT=str(first.port))
    try:
        second.wait_until_up()
        assert stored_trace(second, first.key, trace_id)["status"] == "ok"
        assert first.key not in "\n".join(second.printed)
        assert_databases_come_back(second, first.key, first.curl_line)
        assert_workers_are_replaced(second)
        assert second.survivors_of(signal.SIGKILL) == []
    finally:
        second.process.kill()
    with state_folder() as elsewhere:
        assert_restored(backup, elsewhere, first.key, trace_id)


def test_a_taken_port_is_named(own_state_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = failed_start(own_state_dir, PORT=str(port))
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be used" in ended.stdout
    assert f"PORT={port + 1} bin/up" in ended.stdout
    assert not (own_state_dir / "postgres").exists()


def test_a_wrong_database_is_named_without_its_password(own_state_dir: Path) -> None:
    ended = failed_start(own_state_dir, DATABASE_URL="postgres://me:s3cret-word@127.0.0.1:1/mine")
    assert ended.returncode == 1
    assert "DATABASE_URL: PostgreSQL at 127.0.0.1:1/mine cannot be used" in ended.stdout
    assert "s3cret-word" not in ended.stdout


def test_a_wrong_valkey_is_named_without_its_password(own_state_dir: Path) -> None:
    ended = failed_start(own_state_dir, REDIS_URL="redis://:s3cret-word@127.0.0.1:1/0")
    assert ended.returncode == 1
    assert "REDIS_URL: Valkey or Redis at 127.0.0.1:1 cannot be used" in ended.stdout
    assert "s3cret-word" not in ended.stdout


def test_a_tokenizer_that_is_not_there_is_named(own_state_dir: Path) -> None:
    ended = failed_start(own_state_dir, OPTIMIZER_TOKENIZERS="llama=/nowhere/llama")
    assert ended.returncode == 1
    assert "there is no tokenizer at '/nowhere/llama'" in ended.stdout


def assert_restored(backup: Path, state_dir: Path, key: str, trace_id: str) -> None:
    """The instance of the backup, elsewhere: its key works, and its traces are there."""
    assert backup.stat().st_mode & 0o077 == 0
    manage("restore", str(backup), state_dir=state_dir)
    restored = start_instance(state_dir)
    try:
        restored.wait_until_up()
        assert stored_trace(restored, key, trace_id)["status"] == "ok"
        assert key not in "\n".join(restored.printed)
        assert restored.survivors_of(signal.SIGTERM) == []
        assert restored.process.returncode == 0
    finally:
        restored.process.kill()


def ask(curl_line: str, *options: str) -> dict[str, Any]:
    """What the printed curl line gets, run as pasted. Into a file, which curl empties for each try."""
    with tempfile.NamedTemporaryFile() as answer:
        asked = [*shlex.split(curl_line), "--silent", "--show-error", "--fail-with-body", *options]
        subprocess.run([*asked, "--output", answer.name], check=True, timeout=PATIENCE_SECONDS)
        return json.loads(Path(answer.name).read_text())


def process_of(instance: Instance, words: str) -> psutil.Process:
    """The instance's process with these words in its command line, as soon as there is one."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        for process in instance.processes():
            with suppress(psutil.Error):
                if words in " ".join(process.cmdline()):
                    return process
        assert time.monotonic() < give_up_at, f"nothing runs {words}"
        time.sleep(0.1)


def assert_workers_are_replaced(instance: Instance) -> None:
    embedding = process_of(instance, "manage.py embedding")
    recorder = process_of(instance, "manage.py recorder")
    for worker in (embedding, recorder, process_of(instance, "optimizer_app.instance.web")):
        worker.kill()
        worker.wait()
    # The socket outlives the worker, so this waits for the next one.
    assert requests.get(f"{instance.url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
    assert process_of(instance, "manage.py embedding").pid != embedding.pid
    assert process_of(instance, "manage.py recorder").pid != recorder.pid


def assert_databases_come_back(instance: Instance, key: str, curl_line: str) -> None:
    """A key that was used before is served while both are away, and its trace is stored afterwards."""
    ask(curl_line, *PATIENTLY)
    killed = [process_of(instance, name) for name in ("bin/postgres", "valkey-server")]
    for database in killed:
        database.kill()
    trace_id = ask(curl_line)["optimizer_stats"]["trace_id"]
    assert stored_trace(instance, key, trace_id)["status"] == "ok"
    wait_until_ready(instance)
    for database, name in zip(killed, ("bin/postgres", "valkey-server"), strict=True):
        assert process_of(instance, name).pid != database.pid


def wait_until_ready(instance: Instance) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while requests.get(f"{instance.url}/readyz", timeout=PATIENCE_SECONDS).status_code != 200:
        assert time.monotonic() < give_up_at, "/readyz is never 200 again"
        time.sleep(0.1)


def assert_recognisable(instance: Instance) -> None:
    """Each process tells what it is, once it runs, which may be after the first answer."""
    missing = {"postgres", "valkey-server", "celery", "manage.py embedding", "manage.py recorder"}
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while missing:
        lines = [" ".join(process.cmdline()) for process in instance.processes()]
        missing = {name for name in missing if not any(name in line for line in lines)}
        assert time.monotonic() < give_up_at, missing
        time.sleep(0.1 if missing else 0)


def assert_nothing_of_root(instance: Instance) -> None:
    """Whoever started it, no process has root's rights, or can get them."""
    for process in instance.processes():
        assert 0 not in process.uids(), process.cmdline()
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert os.geteuid() != 0 or "NoNewPrivs:\t1" in status, process.cmdline()


def open_to_others(folder: Path) -> list[Path]:
    """What other users may read in the folder; none where they may not enter it."""
    if not folder.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH):
        return [path for path in folder.iterdir() if path.lstat().st_mode & (stat.S_IROTH | stat.S_IWOTH)]
    return [folder]


def stored_trace(instance: Instance, key: str, trace_id: str) -> dict[str, Any]:
    """The trace as the API gives it, once the journal that the crash left is drained."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = requests.get(
            f"{instance.url}/v1/traces/{trace_id}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE_SECONDS,
        )
        # 404: not drained yet. 503: the database is away.
        if answer.status_code == 200 or time.monotonic() > give_up_at:
            answer.raise_for_status()
            return answer.json()
        time.sleep(0.1)
