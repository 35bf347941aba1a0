"""Which Valkey has what grows with the number of requests: the cluster, where there is one.

That is conversations, the providers' caches as the originals would have left them, limits, circuits, and
answers that are given again.
"""

from __future__ import annotations

from django.conf import settings
from redis.asyncio import RedisCluster

from optimizer_app.valkey.cluster import async_cluster, cluster_address


def traffic_url() -> str:
    return settings.VALKEY_CLUSTER_URL or settings.REDIS_URL


def async_traffic_client() -> RedisCluster | None:
    """A client of the cluster, for an event loop; None where there is none. Whoever opens it closes it."""
    address = cluster_address(settings.VALKEY_CLUSTER_URL)
    return async_cluster(address) if address else None
