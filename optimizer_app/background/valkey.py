"""Clients of Valkey for whoever would rather go on without it than wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings

from optimizer_app.valkey.clients import SyncValkey, sync_client
from optimizer_app.valkey.cluster import check_state, cluster_address, sync_cluster

_OPTIONS: dict[str, Any] = {"decode_responses": True, "socket_timeout": 1.0, "socket_connect_timeout": 1.0}


def valkey_client() -> redis.Redis:
    """A client that gives up early, and decodes; the caller closes it."""
    return sync_client(settings.REDIS_URL, **_OPTIONS)


@contextmanager
def traffic_client() -> Iterator[SyncValkey]:
    """The same, of what grows with the number of requests. `VALKEY_ERRORS` where a cluster has no answer."""
    if address := cluster_address(settings.VALKEY_CLUSTER_URL):
        cluster = sync_cluster(address, **_OPTIONS)
        try:
            # redis-py would wait a while at each question.
            check_state(cluster.cluster_info())
            yield cluster
        finally:
            cluster.disconnect_connection_pools()
    else:
        with valkey_client() as client:
            yield client
