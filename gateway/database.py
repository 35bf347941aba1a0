"""The gateway's way to PostgreSQL: threads of its own, so that no query ever waits on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from optimizer_app.background.connections import with_fresh_connections

Result = TypeVar("Result")

_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="gateway-database")


async def in_database(query: Callable[[], Result]) -> Result:
    """Run a function that uses the ORM, and wait for its result."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, with_fresh_connections, query)
