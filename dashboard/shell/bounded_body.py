"""Limits for request bodies: their size, and how long they take.

Django alone would write one of any size to the disk, and wait for its end for ever.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

MAX_BYTES = 10 * 1024**2
# Of one person's requests at a time, at one worker.
MAX_BYTES_OF_ONE = 512 * 1024**2
# Enough to sign in, and to open an invitation.
MAX_BYTES_OF_STRANGERS = 64 * 1024
# Nobody's network stops for so long in the middle of a body.
PAUSE_SECONDS = 20.0
SECONDS_OF_STRANGERS = 60.0
SECONDS = 1800.0


class TooLarge(Exception):
    """The body is larger than allowed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one body may take."""

    max_bytes: int
    seconds: float
    pause_seconds: float = PAUSE_SECONDS


@dataclass(slots=True)
class BoundedBody:
    """An ASGI application whose requests hold at most 10 MB, or what `exceptions` allow by path.

    A stranger's hold 64 kB: what is larger is refused unread, as is what one person sends beyond what may
    be under way. `known_as` says who somebody known is, and nothing for a stranger. A request of somebody
    known whose Content-Length is too large is read to its end and thrown away, since a browser shows no
    answer before it has sent everything; then it is refused with a 413.
    """

    application: Any
    exceptions: Mapping[str, int]
    known_as: Callable[[Scope], Awaitable[str]]
    max_bytes_of_one: int = MAX_BYTES_OF_ONE
    of_known: Limits = field(default_factory=lambda: Limits(MAX_BYTES, SECONDS))
    of_strangers: Limits = field(default_factory=lambda: Limits(MAX_BYTES_OF_STRANGERS, SECONDS_OF_STRANGERS))
    _under_way: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = _declared_bytes(scope) if scope["type"] == "http" else 0
        if declared is not None and declared <= self.of_strangers.max_bytes:
            await self._forward(scope, receive, send, self.of_strangers)
        elif not (who := await self.known_as(scope)):
            await _answer(scope, receive, send, 403, "Sign in before you send so much.\n")
        else:
            await self._of_somebody_known(who, scope, receive, send, declared)

    async def _of_somebody_known(
        self, who: str, scope: Scope, receive: Receive, send: Send, declared: int | None
    ) -> None:
        max_bytes = self.exceptions.get(scope["path"], self.of_known.max_bytes)
        size = max_bytes if declared is None else min(declared, max_bytes)
        if self._under_way[who] + size > self.max_bytes_of_one:
            await _answer(scope, receive, send, 429, "You send too much at a time: try again.\n")
            return
        self._under_way[who] += size
        try:
            await self._read(scope, receive, send, declared, max_bytes)
        finally:
            self._under_way[who] -= size
            if not self._under_way[who]:
                del self._under_way[who]

    async def _read(
        self, scope: Scope, receive: Receive, send: Send, declared: int | None, max_bytes: int
    ) -> None:
        limits = Limits(max_bytes, self.of_known.seconds, self.of_known.pause_seconds)
        if declared is None or declared <= max_bytes:
            await self._forward(scope, receive, send, limits)
            return
        with suppress(TimeoutError):
            await _thrown_away(receive, limits)
        await _refuse(scope, receive, send, max_bytes)

    async def _forward(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        try:
            await self.application(scope, _bounded(receive, limits), send)
        except TooLarge:
            await _refuse(scope, receive, send, limits.max_bytes)
        except TimeoutError:
            await _answer(scope, receive, send, 408, "The request did not come in time.\n")


def _bounded(receive: Receive, limits: Limits) -> Receive:
    """TooLarge where more comes than may, TimeoutError where it takes too long."""
    left, is_whole, end = limits.max_bytes, False, asyncio.get_running_loop().time() + limits.seconds

    async def bounded() -> Message:
        nonlocal left, is_whole
        if is_whole:  # what comes is that the client has left
            return await receive()
        now = asyncio.get_running_loop().time()
        async with asyncio.timeout_at(min(end, now + limits.pause_seconds)):
            message = await receive()
        is_whole = not message.get("more_body", False)
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLarge
        return message

    return bounded


async def _thrown_away(receive: Receive, limits: Limits) -> None:
    async with asyncio.timeout(limits.seconds):
        is_more = True
        while is_more:
            async with asyncio.timeout(limits.pause_seconds):
                is_more = (await receive()).get("more_body", False)


def _declared_bytes(scope: Scope) -> int | None:
    """The Content-Length; 0 where there is no body, None for one that does not say, as in chunks."""
    headers = dict(scope["headers"])
    declared: Any = headers.get(b"content-length")
    if declared is None:
        return None if b"transfer-encoding" in headers else 0
    return int(declared) if declared.isdigit() else None


async def _refuse(scope: Scope, receive: Receive, send: Send, max_bytes: int) -> None:
    text = f"The request is larger than {_size(max_bytes)}: send fewer or smaller files at once.\n"
    await _answer(scope, receive, send, 413, text)


def _size(count: int) -> str:
    return f"{count // 1024**2} MB" if count >= 1024**2 else f"{count // 1024} kB"


async def _answer(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    await PlainTextResponse(text, status, {"connection": "close"})(scope, receive, send)
