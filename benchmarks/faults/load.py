"""Requests at a steady rate, whether the ones before were answered or not, and how each ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

# Every so many, one that is long enough to leave the web worker for the process for large prompts.
LARGE_EVERY = 10
# Every so many, one in the other dialect, which has a provider of its own.
MESSAGES_EVERY = 5
STREAMED_EVERY = 3
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
STORED_WITHIN_SECONDS = 60.0
TIMEOUT = aiohttp.ClientTimeout(60.0)
_SMALL = "Say in one sentence what the valve of pump {number} does when the pressure falls."
_LINE = "2026-11-29T12:{minute:02}:{second:02}Z INFO pump {number} took {second} litres from basin {minute}\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """One request: when it was sent, in seconds since the load began, and its status; 0 where none came."""

    path: str
    sent_at: float
    seconds: float
    status: int
    trace_id: str

    @property
    def failed(self) -> bool:
        return self.status != HTTPStatus.OK


@dataclass(slots=True)
class Load:
    """Requests to one gateway, until the block ends: `async with Load(url, key, rate).running()`."""

    url: str
    key: str
    per_second: float
    ended: list[Ended] = field(default_factory=list)
    began_at: float = 0.0
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Whoever leaves the block waits for the answers that are due."""
        self.began_at = time.monotonic()
        async with self.client() as client:
            sending = asyncio.create_task(self._send_all(client))
            yield
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await asyncio.gather(*self._open)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began_at

    def client(self) -> aiohttp.ClientSession:
        """For any number of requests at once, with the key."""
        return aiohttp.ClientSession(
            self.url,
            headers={"authorization": f"Bearer {self.key}"},
            connector=aiohttp.TCPConnector(limit=0),
            timeout=TIMEOUT,
        )

    async def _send_all(self, client: aiohttp.ClientSession) -> None:
        for number in range(10**9):
            await asyncio.sleep(max(0.0, number / self.per_second - self.now))
            task = asyncio.create_task(self._send(client, number))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _send(self, client: aiohttp.ClientSession, number: int) -> None:
        path = MESSAGES if number % MESSAGES_EVERY == 0 else CHAT
        sent_at, status, trace_id = self.now, 0, ""
        try:
            async with client.post(path, json=_body(number)) as answer:
                await answer.read()
                status, trace_id = answer.status, answer.headers.get("x-optimizer-trace-id", "")
        except (aiohttp.ClientError, TimeoutError):
            # No answer, or none to its end: the status stays 0.
            status = 0
        self.ended.append(Ended(path, sent_at, self.now - sent_at, status, trace_id))


async def stored(load: Load, trace_ids: Iterable[str]) -> int:
    """How many of these traces are stored, once the journal had time to be drained."""
    missing = wanted = set(trace_ids)
    give_up_at = time.monotonic() + STORED_WITHIN_SECONDS
    async with load.client() as client:
        while missing and time.monotonic() < give_up_at:
            missing = {each for each in missing if not await _is_ok(client, f"/v1/traces/{each}")}
    return len(wanted) - len(missing)


async def _is_ok(client: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with client.get(path) as answer:
            return answer.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


def _body(number: int) -> dict[str, object]:
    streamed = {"stream": True} if number % STREAMED_EVERY == 0 else {}
    text = _SMALL.format(number=number)
    if number % LARGE_EVERY == LARGE_EVERY - 1:
        lines = (_LINE.format(number=number, minute=at // 60, second=at % 60) for at in range(1_500))
        text = "".join(lines) + text
    return {"model": "gpt-4o", "max_tokens": 100, "messages": [{"role": "user", "content": text}], **streamed}
