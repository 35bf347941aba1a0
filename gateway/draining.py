"""Streams whose client left: read on for a while, so that the provider says what it bills.

It happens within the request that was left, for as long and as far as its project wants, and for so many at a
time that streams left in great numbers cost no worker its memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import GatewayError
from gateway.upstream.connections import Answer

MAX_AT_ONCE = 100


class Drained(Protocol):
    """Reads along a stream, and knows how much of the answer came."""

    @property
    def finished(self) -> bool: ...

    @property
    def answer_tokens(self) -> int: ...

    def feed(self, data: bytes) -> bytes: ...


@dataclass(slots=True)
class Drains:
    """Those that run in one worker."""

    running: int = 0

    @contextmanager
    def one_more(self) -> Iterator[bool]:
        """Whether there is room for one, which is held for the length of the block."""
        has_room = self.running < MAX_AT_ONCE
        self.running += has_room
        try:
            yield has_room
        finally:
            self.running -= has_room


@dataclass(frozen=True, slots=True)
class Drain:
    """How long one stream is read on, and for how many tokens more. No seconds: it is closed at once."""

    drains: Drains
    max_seconds: int
    max_tokens: int

    async def read_on(self, answer: Answer, stream: Drained) -> None:
        """Read until the stream closes, or the bounds are reached."""
        if not self.max_seconds:
            return
        with self.drains.one_more() as has_room:
            if not has_room:
                return
            try:
                async with asyncio.timeout(self.max_seconds):
                    await self._read(answer, stream)
            except (GatewayError, TimeoutError):
                return

    async def _read(self, answer: Answer, stream: Drained) -> None:
        enough = stream.answer_tokens + self.max_tokens
        async for chunk in answer.chunks():
            stream.feed(chunk)
            if stream.finished or stream.answer_tokens >= enough:
                return
