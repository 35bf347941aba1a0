"""Threads for searches in stored documents, so that slow ones keep nothing else from the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from optimizer_app.background.connections import with_fresh_connections

Result = TypeVar("Result")

_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="search")


async def searching(query: Callable[[], Result]) -> Result:
    """Run a function that searches by the ORM, and wait for its result."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, with_fresh_connections, query)
