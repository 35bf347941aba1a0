"""The service's own health."""

from __future__ import annotations

import requests

from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer


def test_health(server: LiveServer) -> None:
    assert requests.get(f"{server.url}/healthz", timeout=PATIENCE_SECONDS).json() == {"status": "ok"}
    ready = requests.get(f"{server.url}/readyz", timeout=PATIENCE_SECONDS)
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"database": "ok", "valkey": "ok", "journal": "ok"}}


def test_not_ready_without_valkey(lone_server: LiveServer) -> None:
    answer = requests.get(f"{lone_server.url}/readyz", timeout=PATIENCE_SECONDS)

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "valkey": "down", "journal": "ok"}
