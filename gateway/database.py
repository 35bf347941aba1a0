"""The gateway's way to PostgreSQL: threads of its own, so that no query ever waits on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

from optimizer_app.background.connections import connection_apart, with_fresh_connections

Result = TypeVar("Result")


def _connect_apart() -> None:
    """Give this thread a connection of its own: where pages have taken all of their pool, keys are found."""
    connections[DEFAULT_DB_ALIAS] = connection_apart(CONN_MAX_AGE=None)


_THREADS = ThreadPoolExecutor(4, thread_name_prefix="gateway-database", initializer=_connect_apart)


async def in_database(query: Callable[[], Result]) -> Result:
    """Run a function that uses the ORM, and wait for its result."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, with_fresh_connections, query)
