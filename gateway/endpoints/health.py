"""`/healthz`: the worker answers. `/readyz`: it can serve, which needs the database and Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

import orjson
from django.db import Error as DatabaseError
from django.db import connection
from redis.asyncio import RedisCluster

from gateway.database import in_database
from gateway.endpoints.base import JsonAnswer
from gateway.requests.client import Client
from gateway.state import Gateway
from optimizer_app.valkey.clients import AsyncValkey
from optimizer_app.valkey.cluster import VALKEY_ERRORS, check_state

CHECK_TIMEOUT_SECONDS = 3.0


async def healthz(_gateway: Gateway, _client: Client, _params: Mapping[str, str]) -> JsonAnswer:
    return JsonAnswer(orjson.dumps({"status": "ok"}))


async def readyz(gateway: Gateway, _client: Client, _params: Mapping[str, str]) -> JsonAnswer:
    database, valkey = await asyncio.gather(_works(in_database(_ask_database)), valkey_answers(gateway))
    ready = database and valkey
    checks = {
        "database": _word(database),
        "valkey": _word(valkey),
        # Requests are served whatever it says.
        "journal": gateway.recorder.state,
    }
    body = {"status": "ready" if ready else "not ready", "checks": checks}
    return JsonAnswer(orjson.dumps(body), 200 if ready else 503)


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def valkey_answers(gateway: Gateway) -> bool:
    """Whether the server answers, and the cluster beside it, where there is one."""
    both = {gateway.valkey, gateway.traffic}
    return all(await asyncio.gather(*(_works(_ask_valkey(valkey)) for valkey in both)))


async def _ask_valkey(valkey: AsyncValkey) -> None:
    if isinstance(valkey, RedisCluster):
        check_state(await valkey.cluster_info())
    else:
        await valkey.execute_command("PING")


async def _works(check: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await check
    except (DatabaseError, *VALKEY_ERRORS):
        return False
    return True


def _word(works: bool) -> str:
    return "ok" if works else "down"
