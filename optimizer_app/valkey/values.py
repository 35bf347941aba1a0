"""Many values under as many keys, read and written together for a path that must not wait: on one server, or
on the nodes of a cluster.

redis-py's pipeline for a cluster asks once more, one by one, for all that a node did not answer, with a pause
before each: of a long conversation that is minutes while a node is down. Here the first node that does not
answer ends it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import redis
from redis.cluster import ClusterNode
from redis.crc import key_slot
from redis.exceptions import AskError, ResponseError, TryAgainError

from optimizer_app.valkey.clients import sync_client
from optimizer_app.valkey.cluster import VALKEY_ERRORS, cluster_address, sync_cluster
from optimizer_app.valkey.held import Command, HeldConnection


class Values(Protocol):
    """Safe across threads. One of `VALKEY_ERRORS` where Valkey does not answer."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values, in the order of their keys."""

    def set_many(self, values: Sequence[tuple[str, str | bytes, int]]) -> None:
        """Keys, their values, and the seconds for which each is kept."""

    def close(self) -> None: ...


def values_at(url: str, timeout_seconds: float) -> Values:
    """Nothing is opened before it is used."""
    timeouts = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), timeout_seconds)
    if address := cluster_address(url):
        return ClusterValues(lambda: sync_cluster(address, **timeouts))
    return ServerValues(sync_client(url, **timeouts))


class ServerValues:
    """Over one connection."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._held = HeldConnection(client)

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return self._held.ask("MGET", *keys)

    def set_many(self, values: Sequence[tuple[str, str | bytes, int]]) -> None:
        self._held.ask_all([_set(*value) for value in values])

    def close(self) -> None:
        self._client.close()


class ClusterValues:
    """Over one connection to each node. The nodes are looked for at the first use, and again after one of
    them failed."""

    def __init__(self, connect: Callable[[], redis.RedisCluster]) -> None:
        self._connect = connect
        self._cluster: redis.RedisCluster | None = None
        self._held: dict[str, HeldConnection] = {}
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return self._asked([("GET", key) for key in keys])

    def set_many(self, values: Sequence[tuple[str, str | bytes, int]]) -> None:
        self._asked([_set(*value) for value in values])

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _asked(self, commands: Sequence[Command]) -> list[Any]:
        with self._lock:
            try:
                if self._cluster is None:
                    self._cluster = self._connect()
                return self._answers(self._cluster, commands)
            except VALKEY_ERRORS:
                self._disconnect()
                raise

    def _answers(self, cluster: redis.RedisCluster, commands: Sequence[Command]) -> list[Any]:
        answers: list[Any] = [None] * len(commands)
        for node, places in _places_by_node(cluster, commands).items():
            found = self._held_at(cluster, node).ask_each([commands[place] for place in places])
            for place, answer in zip(places, found, strict=True):
                answers[place] = _followed(cluster, commands[place], answer)
        return answers

    def _held_at(self, cluster: redis.RedisCluster, node: ClusterNode) -> HeldConnection:
        if (held := self._held.get(node.name)) is None:
            held = self._held[node.name] = HeldConnection(cluster.get_redis_connection(node))
        return held

    def _disconnect(self) -> None:
        self._held.clear()
        if self._cluster is not None:
            self._cluster.disconnect_connection_pools()
            self._cluster = None


def _set(key: str, value: str | bytes, seconds: int) -> Command:
    return "SET", key, value, "EX", seconds


def _places_by_node(cluster: redis.RedisCluster, commands: Sequence[Command]) -> dict[ClusterNode, list[int]]:
    """Which of the commands, each with one key, go to which node."""
    places = defaultdict(list)
    for place, (_, key, *_) in enumerate(commands):
        slot = key_slot(str(key).encode())
        places[cluster.nodes_manager.get_node_from_slot(slot)].append(place)
    return places


def _followed(cluster: redis.RedisCluster, command: Command, answer: Any) -> Any:
    """The answer, where it is none from the node that the key's slot has moved to, or is moving to."""
    if isinstance(answer, (AskError, TryAgainError)):
        # It is asked there, and redis-py's map of the slots learns it.
        return cluster.execute_command(*command)
    if isinstance(answer, ResponseError):
        raise answer
    return answer
