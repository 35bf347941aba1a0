"""One pool with its process for the tests of a file that leave it as it was: another one takes a second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest_asyncio
from django.conf import settings

if TYPE_CHECKING:
    from optimizer_app.optimize.pool import OptimizerPool


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[OptimizerPool]:
    """Ready for large prompts. Tests with it run on the event loop of their file."""
    from optimizer_app.optimize.service import optimizer_pool

    async with optimizer_pool(settings.REDIS_URL) as running:
        await running.warm()
        yield running
