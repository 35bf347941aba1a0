"""`redis+cluster://:password@host-a:6379,host-b:6379`: some nodes of a cluster, as one URL; with TLS it
begins with `rediss+cluster://`. Its query is redis-py's, such as `?ssl_ca_certs=/etc/ca.pem`.

The clients ask the nodes that are named for all the others, whenever a node fails: one of them must live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.exceptions import ClusterDownError, RedisClusterException, RedisError
from redis.retry import Retry

from optimizer_app.valkey.address import hosts_of

# The scheme of one node, by that of the cluster.
CLUSTER_SCHEMES: Mapping[str, str] = {"redis+cluster": "redis", "rediss+cluster": "rediss"}
DEFAULT_PORT = 6379
# What clients raise where Valkey does not answer: that of clusters is no RedisError.
VALKEY_ERRORS: Final = (RedisError, RedisClusterException, OSError)
_FORM = "redis+cluster://:password@host:6379,host:6379"
# A worker that is busy reads late. Requests give up a second after.
NODE_TIMEOUT_SECONDS = 2.0
# Once more with a new map of the slots: whoever asks goes on without an answer rather than wait.
_RETRIES = 1


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """`first_url` is the URL of the first node, with login and options; `others` are those beside it."""

    first_url: str = field(repr=False)
    nodes: tuple[tuple[str, int], ...]

    @property
    def others(self) -> tuple[tuple[str, int], ...]:
        return self.nodes[1:]


def cluster_address(url: str) -> ClusterAddress | None:
    """None for a URL that names no cluster. ValueError says what is wrong, without a password."""
    parts = urlsplit(url)
    if parts.scheme not in CLUSTER_SCHEMES:
        return None
    login, at, hosts = parts.netloc.rpartition("@")
    if parts.path.strip("/") not in ("", "0"):
        raise ValueError(f"names a database, and a cluster has one alone; it is written {_FORM}")
    nodes = hosts_of(hosts, DEFAULT_PORT, "a node", _FORM)
    host, port = nodes[0]
    first = parts._replace(
        scheme=CLUSTER_SCHEMES[parts.scheme],
        netloc=f"{login}{at}{f'[{host}]' if ':' in host else host}:{port}",
        path="",
    )
    return ClusterAddress(first.geturl(), nodes)


def sync_cluster(address: ClusterAddress, **options: Any) -> redis.RedisCluster:
    """For threads. It asks for the nodes at once: one of `VALKEY_ERRORS` where none answers."""
    return redis.RedisCluster.from_url(
        address.first_url,
        startup_nodes=[ClusterNode(host, port) for host, port in address.others],
        dynamic_startup_nodes=False,
        retry=Retry(NoBackoff(), _RETRIES),
        **options,
    )


def async_cluster(address: ClusterAddress) -> redis.asyncio.RedisCluster:
    """For an event loop. It asks for the nodes at its first use."""
    timeouts = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), NODE_TIMEOUT_SECONDS)
    return redis.asyncio.RedisCluster.from_url(
        address.first_url,
        startup_nodes=[AsyncClusterNode(host, port) for host, port in address.others],
        dynamic_startup_nodes=False,
        retry=AsyncRetry(NoBackoff(), _RETRIES),
        **timeouts,
    )


def check_state(info: Mapping[str, Any]) -> None:
    """ClusterDownError where a node says, in its CLUSTER INFO, that some keys have no node."""
    if (state := info.get("cluster_state")) != "ok":
        raise ClusterDownError(f"CLUSTERDOWN its state is {state}")
