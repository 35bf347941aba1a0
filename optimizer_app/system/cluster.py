"""The cluster of what grows with the number of requests: whether all its keys have a node, and its memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from redis import RedisCluster

from optimizer_app.background.valkey import traffic_client
from optimizer_app.system.part import Fact, Part, Problem
from optimizer_app.system.servers import memory_problem
from optimizer_app.valkey.cluster import VALKEY_ERRORS, cluster_address

NAME = "Valkey cluster"


def valkey_cluster() -> Part:
    """Not used where VALKEY_CLUSTER_URL names none."""
    address = cluster_address(settings.VALKEY_CLUSTER_URL)
    if address is None:
        return Part(NAME, off=True)
    at = Fact("at", ", ".join(f"{host}:{port}" for host, port in address.nodes))
    try:
        with traffic_client() as client:
            started = time.perf_counter()
            memories = _memories(client)
            answered_ms = (time.perf_counter() - started) * 1000
    except VALKEY_ERRORS as error:
        return Part(NAME, (at,), _silent(type(error).__name__))
    facts = (
        at,
        Fact("primaries", len(memories), "count"),
        Fact("memory", sum(memory["used_memory"] for memory in memories.values()), "bytes"),
        Fact("answered in", answered_ms, "ms"),
    )
    problems = (memory_problem(memory, f"The memory of {name}") for name, memory in memories.items())
    return Part(NAME, facts, next(filter(None, problems), None))


def _memories(client: Any) -> Mapping[str, Mapping[str, Any]]:
    """What each primary says of its memory, by its host and port."""
    return client.info("memory", target_nodes=RedisCluster.PRIMARIES)


def _silent(error: str) -> Problem:
    return Problem(
        f"It does not answer, or not for all keys ({error})",
        "Requests are served without what was remembered of their conversations, and without the limits of "
        "the minute.",
        "Start the nodes that VALKEY_CLUSTER_URL names, and look at CLUSTER INFO of one of them.",
    )
