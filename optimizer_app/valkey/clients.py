"""Clients of the Valkey that a URL names. Whoever opens one closes it, and with it its connections."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

from optimizer_app.valkey.address import SentinelAddress, sentinel_address

SyncValkey = redis.Redis | redis.RedisCluster
AsyncValkey = redis.asyncio.Redis | redis.asyncio.RedisCluster


def sync_client(url: str, **options: Any) -> redis.Redis:
    """For threads. `options` are those of redis-py's connections, such as `socket_timeout`."""
    return redis.Redis.from_pool(ValkeyPool.from_url(url, **options))


def async_client(url: str, **options: Any) -> redis.asyncio.Redis:
    """For an event loop."""
    address = sentinel_address(url)
    if address is None:
        return redis.asyncio.Redis.from_url(url, **options)
    sentinels = redis.asyncio.sentinel.Sentinel(
        address.sentinels, sentinel_kwargs=address.async_sentinel_options()
    )
    pool = redis.asyncio.sentinel.SentinelConnectionPool(
        address.primary, sentinels, **_server_options(address, options)
    )
    return redis.asyncio.Redis.from_pool(pool)


class ValkeyPool:
    """Makes pools, as Django's cache asks for them."""

    @staticmethod
    def from_url(url: str, **options: Any) -> redis.ConnectionPool:
        """Connections to the server, or to whichever server the Sentinels call the primary by then."""
        address = sentinel_address(url)
        if address is None:
            return redis.ConnectionPool.from_url(url, **options)
        sentinels = redis.sentinel.Sentinel(address.sentinels, sentinel_kwargs=address.sentinel_options())
        return redis.sentinel.SentinelConnectionPool(
            address.primary, sentinels, **_server_options(address, options)
        )


def _server_options(address: SentinelAddress, options: dict[str, Any]) -> dict[str, Any]:
    return {"db": address.database, **address.login, **options}
