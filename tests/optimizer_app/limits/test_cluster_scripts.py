"""Scripts on a real cluster."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import RedisCluster

from optimizer_app.limits.cluster_scripts import ClusterScripts
from optimizer_app.limits.script_connection import Script
from optimizer_app.valkey.cluster import VALKEY_ERRORS, async_cluster, cluster_address
from tests.patience import PATIENCE_SECONDS
from tests.servers.valkey_cluster import ValkeyCluster

COUNT = Script("redis.call('EXPIRE', KEYS[1], 60) return redis.call('INCR', KEYS[1])")


@pytest.fixture
async def cluster(valkey_cluster: ValkeyCluster) -> AsyncIterator[RedisCluster]:
    address = cluster_address(valkey_cluster.url)
    assert address is not None
    async with async_cluster(address) as client:
        yield client


@pytest.fixture
async def scripts(cluster: RedisCluster) -> AsyncIterator[ClusterScripts]:
    running = ClusterScripts(cluster)
    yield running
    await running.close()


def new_key(tag: str = "") -> str:
    return f"test-scripts:{uuid.uuid4()}{tag}"


async def test_it_works_on_every_node(scripts: ClusterScripts) -> None:
    keys = [new_key() for _ in range(30)]
    await scripts.run(COUNT, [keys[0]], [])
    assert await asyncio.gather(*(scripts.run(COUNT, [key], []) for key in keys)) == [2] + [1] * 29


async def test_what_is_run_soon_is_run_before_what_follows(scripts: ClusterScripts) -> None:
    key = new_key()
    await scripts.run(COUNT, [key], [])
    for _ in range(3):
        scripts.run_soon(COUNT, [key], [])
    assert await scripts.run(COUNT, [key], []) == 5


async def test_keys_that_move_are_followed(
    scripts: ClusterScripts, cluster: RedisCluster, valkey_cluster: ValkeyCluster
) -> None:
    """Each once: also what nobody waits for."""
    key = new_key("{a}")
    await scripts.run(COUNT, [key], [])
    valkey_cluster.begin_to_move(key)
    assert await scripts.run(COUNT, [key], []) == 2
    valkey_cluster.end_move(key)
    scripts.run_soon(COUNT, [key], [])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await cluster.get(key) != b"3":
            pass
    assert await scripts.run(COUNT, [key], []) == 4


async def test_nowhere_to_go(unused_tcp_port: int) -> None:
    address = cluster_address(f"redis+cluster://127.0.0.1:{unused_tcp_port}")
    assert address is not None
    scripts = ClusterScripts(async_cluster(address))
    scripts.run_soon(COUNT, ["any"], [])
    for _ in range(2):
        with pytest.raises(VALKEY_ERRORS):
            await scripts.run(COUNT, ["any"], [])
    await scripts.close()
