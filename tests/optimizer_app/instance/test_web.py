"""The web workers of a container."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from optimizer_app.instance.state import free_port
from tests.optimizer_app.instance.whole.running_instance import PROJECT_ROOT
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.long


def test_a_container_s_workers_answer_within_the_same_bounds(own_state_dir: Path) -> None:
    port = free_port()
    given = {"HOST": "127.0.0.1", "PORT": str(port), "WEB_CONCURRENCY": "1"}
    environment = {**os.environ, **given, "OPTIMIZER_STATE_DIR": str(own_state_dir)}
    command = [sys.executable, "-m", "optimizer_app.instance.web"]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment) as process:
        try:
            assert answer_of(f"http://127.0.0.1:{port}/healthz").json() == {"status": "ok"}
            with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 100_000)
                assert connection.recv(100).startswith(b"HTTP/1.1 431")
        finally:
            family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
            process.terminate()
            assert psutil.wait_procs(family, PATIENCE_SECONDS)[1] == []


def answer_of(url: str) -> requests.Response:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return requests.get(url, timeout=PATIENCE_SECONDS)
        except requests.ConnectionError:
            assert time.monotonic() < give_up_at
            time.sleep(0.1)
