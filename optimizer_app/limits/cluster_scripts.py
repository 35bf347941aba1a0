"""Scripts on a cluster: one connection of ours to each node that is asked, as to one server.

Where a node does not answer, or another one has the keys by now, redis-py runs the script: it follows where
they went, and its map of the slots, which is the one that is used here, learns it. A script whose answer was
lost on the way may so run twice: a request is then counted twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from redis.asyncio import RedisCluster
from redis.crc import key_slot
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as ConnectionTimedOut

from optimizer_app.limits.script_connection import KeysElsewhere, Script, ScriptConnection
from optimizer_app.valkey.clients import AsyncValkey
from optimizer_app.valkey.cluster import NODE_TIMEOUT_SECONDS, VALKEY_ERRORS

_LOST = (KeysElsewhere, ConnectionLost, ConnectionTimedOut, OSError)


class Scripts(Protocol):
    """Runs scripts whose keys share a slot."""

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> Any: ...

    def run_soon(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> object: ...

    async def close(self) -> None: ...


def scripts_of(valkey: AsyncValkey) -> Scripts:
    return ClusterScripts(valkey) if isinstance(valkey, RedisCluster) else ScriptConnection(valkey)


class ClusterScripts:
    """Opened at its first use. One of `VALKEY_ERRORS` where that fails."""

    def __init__(self, cluster: RedisCluster) -> None:
        self._cluster = cluster
        self._connections: dict[str, ScriptConnection] = {}
        self._following: set[asyncio.Task[None]] = set()

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """What the script returns: numbers, and lists of them."""
        await self._cluster.initialize()
        if (connection := self._connection_for(keys)) is not None:
            with suppress(*_LOST):
                async with asyncio.timeout(NODE_TIMEOUT_SECONDS):
                    return await connection.run(script, keys, args)
        return await self._follow(script, keys, args)

    def run_soon(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> None:
        """Run the script before whatever of these keys is run later, without waiting for it; not where there
        is no connection."""
        connection = self._connection_for(keys)
        answer = connection.run_soon(script, keys, args) if connection is not None else None
        if answer is None:
            return

        def note(answer: asyncio.Future[Any]) -> None:
            if not answer.cancelled() and isinstance(answer.exception(), KeysElsewhere):
                following = asyncio.create_task(self._follow_if_it_answers(script, keys, args))
                self._following.add(following)
                following.add_done_callback(self._following.discard)

        answer.add_done_callback(note)

    async def close(self) -> None:
        await asyncio.gather(*self._following)
        for connection in self._connections.values():
            await connection.close()

    def _connection_for(self, keys: Sequence[str]) -> ScriptConnection | None:
        """To the node that has the keys; None where that is not known."""
        nodes = self._cluster.nodes_manager.slots_cache.get(key_slot(keys[0].encode()))
        if not nodes:
            return None
        if (connection := self._connections.get(nodes[0].name)) is None:
            connection = self._connections[nodes[0].name] = ScriptConnection(nodes[0])
        return connection

    async def _follow(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        return await self._cluster.eval(script.text, len(keys), *keys, *args)

    async def _follow_if_it_answers(
        self, script: Script, keys: Sequence[str], args: Sequence[str | int]
    ) -> None:
        with suppress(*VALKEY_ERRORS):
            await self._follow(script, keys, args)
