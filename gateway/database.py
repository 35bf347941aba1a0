"""The gateway's way to PostgreSQL: threads of its own, so that no query ever waits on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import load_backend

from optimizer_app.background.connections import unpooled, with_fresh_connections

Result = TypeVar("Result")


def _connect_apart() -> None:
    """Give this thread a connection of its own: where pages have taken all of their pool, keys are found."""
    configured = deepcopy(connections.settings[DEFAULT_DB_ALIAS])
    own = {**configured, "OPTIONS": unpooled(configured["OPTIONS"]), "CONN_MAX_AGE": None}
    backend = load_backend(own["ENGINE"])
    connections[DEFAULT_DB_ALIAS] = backend.DatabaseWrapper(own, DEFAULT_DB_ALIAS)


_THREADS = ThreadPoolExecutor(4, thread_name_prefix="gateway-database", initializer=_connect_apart)


async def in_database(query: Callable[[], Result]) -> Result:
    """Run a function that uses the ORM, and wait for its result."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, with_fresh_connections, query)
