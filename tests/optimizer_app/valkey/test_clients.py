"""Clients of a primary among Sentinels, before and after the replica took its place."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.core.cache import caches
from kombu import Connection

from optimizer_app.valkey.address import SentinelAddress, sentinel_address
from optimizer_app.valkey.clients import async_client, sync_client
from tests.optimizer_app.traces.records import eventually
from tests.optimizer_app.valkey.sentinels import Watched, watched_servers
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched_servers(tmp_path_factory.mktemp("sentinels")) as running:
        yield running


def address_of(watched: Watched) -> SentinelAddress:
    found = sentinel_address(watched.url)
    assert found is not None
    return found


def test_all_who_use_valkey_find_the_primary_also_after_its_death(watched: Watched, settings: Any) -> None:
    cache = {**settings.CACHES["default"], "LOCATION": [watched.url]}
    settings.CACHES = {**settings.CACHES, "watched": cache}
    with sync_client(watched.url, decode_responses=True) as client:
        assert client.set("here", "before")
        watched.kill_primary()
        eventually(lambda: _is_written(client))
        assert client.get("here") == "after"
    assert asyncio.run(_read(watched)) == b"after"
    caches["watched"].set("cached", "found")
    assert caches["watched"].get("cached") == "found"
    assert _through_broker(address_of(watched)) == "a task"
    assert asyncio.run(_through_channels(address_of(watched))) == {"type": "traces.recorded"}


def _is_written(client: redis.Redis) -> bool:
    """A connection to the former primary fails once."""
    try:
        return bool(client.set("here", "after"))
    except redis.RedisError:
        return False


async def _read(watched: Watched) -> Any:
    async with async_client(watched.url) as client:
        return await client.get("here")


def _through_broker(address: SentinelAddress) -> Any:
    with Connection(address.broker_url, transport_options=address.broker_options) as broker:
        queue = broker.SimpleQueue(f"of a test {uuid.uuid4().hex}")
        queue.put("a task")
        got = queue.get(timeout=PATIENCE_SECONDS)
        got.ack()
        queue.close()
        return got.payload


async def _through_channels(address: SentinelAddress) -> Any:
    layer = RedisPubSubChannelLayer(hosts=[address.channel_host])
    channel = await layer.new_channel()
    await layer.group_add("pages", channel)
    await layer.group_send("pages", {"type": "traces.recorded"})
    return await asyncio.wait_for(layer.receive(channel), PATIENCE_SECONDS)
