"""A gateway with a cluster for what grows with the number of requests."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import redis
import requests

from optimizer_app.limits.holders import project_holder
from optimizer_app.limits.present import present_use
from optimizer_app.models import OptimizationConfig
from optimizer_app.system.cluster import valkey_cluster as system_part
from optimizer_app.valkey.cluster import cluster_address, sync_cluster
from tests.gateway.accounts import Account, add_mock, new_account
from tests.gateway.prompts import HI, MODEL
from tests.optimizer_app.traces.records import eventually
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer
from tests.servers.valkey_cluster import ValkeyCluster

CHAT = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": HI, "temperature": 0}


def caching_account(server: LiveServer, provider: MockProvider) -> Account:
    """An account with bounds, whose config gives answers again."""
    account = new_account(server)
    add_mock(account, provider)
    account.project.max_requests_per_minute = 2
    account.project.save()
    OptimizationConfig.objects.filter(project=account.project).update(fields={"response_cache": "always"})
    return account


def names(client: Any, project_id: uuid.UUID) -> set[str]:
    """The first words of the keys that the project has there."""
    return {name.decode().partition(":")[0] for name in client.scan_iter(f"*{{{project_id}}}*")}


def ready(server: LiveServer) -> requests.Response:
    return requests.get(f"{server.url}/readyz", timeout=PATIENCE_SECONDS)


def test_it_works(
    start_server: Callable[..., LiveServer],
    valkey_cluster: ValkeyCluster,
    provider: MockProvider,
    settings: Any,
) -> None:
    clustered = start_server(VALKEY_CLUSTER_URL=valkey_cluster.url)
    account = caching_account(clustered, provider)
    answers = [account.post(CHAT, BODY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert len(provider.requests) == 1
    assert ready(clustered).json()["checks"]["valkey"] == "ok"

    address = cluster_address(valkey_cluster.url)
    assert address is not None
    with sync_cluster(address) as cluster, redis.Redis.from_url(settings.REDIS_URL) as server:
        assert names(cluster, account.project.pk) >= {"answers", "limits"}
        eventually(lambda: any(cluster.scan_iter("conversation:*")))
        assert names(server, account.project.pk) == set()
    settings.VALKEY_CLUSTER_URL = valkey_cluster.url
    (used,) = present_use(project_holder(account.project, account.project.created_at))
    assert (used.used, used.limit) == (2, 2)


def test_the_system_page_knows_it(valkey_cluster: ValkeyCluster, settings: Any) -> None:
    assert system_part().state == "off"
    settings.VALKEY_CLUSTER_URL = valkey_cluster.url
    found = system_part()
    assert found.state == "ok"
    assert {fact.label: fact.value for fact in found.facts}["primaries"] == 3


def test_the_system_page_says_that_it_is_away(unused_tcp_port: int, settings: Any) -> None:
    settings.VALKEY_CLUSTER_URL = f"redis+cluster://:s3cret-word@127.0.0.1:{unused_tcp_port}"
    found = system_part()
    assert found.problem is not None
    assert "It does not answer" in found.problem.what
    assert [fact.value for fact in found.facts] == [f"127.0.0.1:{unused_tcp_port}"]
