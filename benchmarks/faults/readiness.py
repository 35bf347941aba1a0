"""What `/readyz` said while something failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

_EVERY_SECONDS = 0.25
_TIMEOUT = aiohttp.ClientTimeout(10.0)


@dataclass(slots=True)
class Readiness:
    """Each answer as when it was asked for, when it came, and whether it was yes; times are of `now`."""

    url: str
    now: Callable[[], float]
    answers: list[tuple[float, float, bool]] = field(default_factory=list)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Until the block ends, by connections of their own, so that every worker is asked."""
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(self.url, connector=connector, timeout=_TIMEOUT) as client:
            asking = asyncio.create_task(self._ask_on(client))
            yield
            asking.cancel()
            await asyncio.gather(asking, *self._open, return_exceptions=True)

    def no_and_yes(self, since: float) -> tuple[float | None, float | None]:
        """When it said no for the first time since then, and when yes after the last no; None for never."""
        noes = [answer for answer in self.answers if answer[1] >= since and not answer[2]]
        if not noes:
            return None, None
        last_asked = max(asked for asked, _, _ in noes)
        yeses = [came for asked, came, yes in self.answers if yes and asked > last_asked]
        return min(came for _, came, _ in noes), min(yeses, default=None)

    async def _ask_on(self, client: aiohttp.ClientSession) -> None:
        while True:
            task = asyncio.create_task(self._ask(client))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
            await asyncio.sleep(_EVERY_SECONDS)

    async def _ask(self, client: aiohttp.ClientSession) -> None:
        asked = self.now()
        try:
            async with client.get("/readyz") as answer:
                yes = answer.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            yes = False
        self.answers.append((asked, self.now(), yes))
