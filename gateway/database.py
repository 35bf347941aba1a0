"""The gateway's way to PostgreSQL: threads of its own, so that no query ever waits on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections

Result = TypeVar("Result")

_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="gateway-database")


async def in_database(query: Callable[[], Result]) -> Result:
    """Run a function that uses the ORM, and wait for its result."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _with_fresh_connections, query)


def _with_fresh_connections(query: Callable[[], Result]) -> Result:
    # Outside Django's request cycle nobody else drops a connection that died: without this one restart
    # of PostgreSQL would break every later query of the thread.
    close_old_connections()
    try:
        return query()
    finally:
        close_old_connections()
