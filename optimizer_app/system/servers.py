"""PostgreSQL and Valkey: whether they answer, and how full they are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from optimizer_app.background.valkey import valkey_client
from optimizer_app.system.part import Fact, Part, Problem, bounded_cursor

# Of the connections that PostgreSQL allows, and of the memory that Valkey may take.
_NEARLY_FULL = 0.85
_POSTGRES_FACTS = """
    SELECT current_setting('server_version'),
           (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
           pg_database_size(current_database()),
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int
"""


def postgres() -> Part:
    """Whoever reads this was found in PostgreSQL: it answers."""
    target = connection.settings_dict
    started = time.perf_counter()
    with bounded_cursor() as cursor:
        cursor.execute(_POSTGRES_FACTS)
        version, vector, size, connections, allowed = cursor.fetchone()
    facts = (
        Fact("version", version.partition(" ")[0]),
        Fact("pgvector", vector),
        Fact("at", f"{target['HOST']}:{target['PORT']}/{target['NAME']}"),
        Fact("size", size, "bytes"),
        Fact(f"of {allowed} connections", connections, "count"),
        Fact("answered in", (time.perf_counter() - started) * 1000, "ms"),
    )
    return Part("PostgreSQL", facts, _connections_problem(connections, allowed))


def _connections_problem(taken: int, allowed: int) -> Problem | None:
    if taken < allowed * _NEARLY_FULL:
        return None
    return Problem(
        f"{taken} of {allowed} connections are taken",
        "Where none is left, requests with a key that no worker knows yet are refused, and pages fail.",
        "Raise max_connections in PostgreSQL's settings, or lower WEB_CONCURRENCY.",
        grave=False,
    )


def valkey() -> Part:
    """Conversations, live pages and the queues live in it."""
    client = valkey_client()
    try:
        started = time.perf_counter()
        client.ping()
        answered_ms = (time.perf_counter() - started) * 1000
        server, memory = client.info("server"), client.info("memory")
    except (redis.RedisError, OSError) as error:
        return Part("Valkey", (Fact("at", _address(client)),), _silent(type(error).__name__))
    finally:
        client.close()
    facts = (
        Fact("version", str(server.get("valkey_version") or server.get("redis_version"))),
        Fact("at", _address(client)),
        Fact("memory", memory["used_memory"], "bytes"),
        Fact("answered in", answered_ms, "ms"),
    )
    return Part("Valkey", facts, memory_problem(memory, "Its memory"))


def _silent(error: str) -> Problem:
    remedy = (
        f"Look into {settings.LOG_DIR / 'valkey.log'}, and start {settings.START_COMMAND} again."
        if settings.EMBEDDED_VALKEY
        else "Start the server that REDIS_URL names, and see that this machine may reach it."
    )
    return Problem(
        f"It does not answer ({error})",
        "Requests are served without what was remembered of their conversations; pages are not live, and "
        "background work waits.",
        remedy,
    )


def memory_problem(memory: Mapping[str, Any], of: str) -> Problem | None:
    """None also where a full one forgets what it may: conversations, which last for hours."""
    allowed = memory.get("maxmemory", 0)
    if not allowed or memory["used_memory"] < allowed * _NEARLY_FULL:
        return None
    if str(memory.get("maxmemory_policy", "")).startswith("volatile"):
        return None
    return Problem(
        f"{of} is nearly full",
        "Once it is full nothing new is remembered of conversations, and no background work is queued.",
        "Raise maxmemory in the server's settings.",
        grave=False,
    )


def _address(client: redis.Redis) -> str:
    """Where the server is, without its password."""
    where = client.connection_pool.connection_kwargs
    return str(where.get("path") or f"{where.get('host')}:{where.get('port')}")
