"""The service's own health."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import requests
from django.conf import settings

from gateway.endpoints.health import valkey_answers
from optimizer_app.valkey.clients import async_client
from optimizer_app.valkey.cluster import async_cluster, cluster_address
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer


def test_health(server: LiveServer) -> None:
    assert requests.get(f"{server.url}/healthz", timeout=PATIENCE_SECONDS).json() == {"status": "ok"}
    ready = requests.get(f"{server.url}/readyz", timeout=PATIENCE_SECONDS)
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"database": "ok", "valkey": "ok", "journal": "ok"}}


async def test_not_ready_without_the_cluster(unused_tcp_port: int) -> None:
    address = cluster_address(f"redis+cluster://127.0.0.1:{unused_tcp_port}")
    assert address is not None
    async with async_client(settings.REDIS_URL) as valkey:
        gateway: Any = SimpleNamespace(valkey=valkey, traffic=valkey)
        assert await valkey_answers(gateway)
        gateway.traffic = async_cluster(address)
        assert not await valkey_answers(gateway)


def test_not_ready_without_valkey(lone_server: LiveServer) -> None:
    answer = requests.get(f"{lone_server.url}/readyz", timeout=PATIENCE_SECONDS)

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "valkey": "down", "journal": "ok"}
