"""The gateway's way to PostgreSQL: threads of its own, so that no query ever waits on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections

Result = TypeVar("Result")

_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="gateway-database")
# Apart, so that slow searches never keep keys from being looked up.
_SEARCHING_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="gateway-search")


async def in_database(query: Callable[[], Result]) -> Result:
    """Run a function that uses the ORM, and wait for its result."""
    return await _on(_THREADS, query)


async def searching(query: Callable[[], Result]) -> Result:
    """As `in_database`, for searches in stored documents."""
    return await _on(_SEARCHING_THREADS, query)


async def _on(threads: ThreadPoolExecutor, query: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(threads, _with_fresh_connections, query)


def _with_fresh_connections(query: Callable[[], Result]) -> Result:
    # Outside Django's request cycle nobody else drops a connection that died: without this one restart
    # of PostgreSQL would break every later query of the thread.
    close_old_connections()
    try:
        return query()
    finally:
        close_old_connections()
