"""The way to the providers: one pooled client, addresses guarded, time limited, nothing replayed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, Self, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from gateway.callers.routing import ProviderRoute
from gateway.errors import ConnectTimeout, GatewayError, Unreachable, UpstreamFailed, UpstreamTimeout
from gateway.observing.context import with_trace
from gateway.requests.client import Headers
from gateway.upstream.addresses import GuardedResolver, check_host, joined_url
from gateway.upstream.health import FAILED_STATUSES, ProviderHealth
from optimizer_app.outgoing import UnsafeUrl

Read = TypeVar("Read")
_NONE_OF_ITS_OWN = (None, None, None)

CONNECT_TIMEOUT_SECONDS = 10.0
# Providers send long policies; aiohttp's own limit is 8 kB.
_HEADER_BYTES = 65_536
# An answer that is held whole: an image, or a batch of embeddings, is some MB.
MAX_ANSWER_BYTES = 64 * 1024**2


class Answer(Protocol):
    """A provider's answer, its body not read yet."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Headers: ...

    @property
    def framed(self) -> bool:
        """Whether the end of the body can be told from a connection that broke."""
        ...

    def header(self, name: str) -> str:
        """A header in lower case; empty where there is none."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as the bytes come."""
        ...


class ProviderAnswer:
    """An answer that comes in over the network."""

    def __init__(self, response: aiohttp.ClientResponse, timeouts: Timeouts) -> None:
        self.status = response.status
        self.headers: Headers = list(response.headers.items())
        self.framed = "content-length" in response.headers or "transfer-encoding" in response.headers
        self._response = response
        self._timeouts = timeouts

    def header(self, name: str) -> str:
        return self._response.headers.get(name, "").strip().lower()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as the bytes come; UpstreamFailed or UpstreamTimeout where it breaks off."""
        content, timeouts = self._response.content, self._timeouts
        try:
            if not timeouts.are_own:
                async for chunk in content.iter_any():
                    yield chunk
                return
            while chunk := await _within(timeouts.idle_seconds, content.readany()):
                yield chunk
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise broken_off(error, timeouts.idle_seconds) from error


@dataclass(frozen=True)
class WholeAnswer:
    """An answer that was read to its end."""

    status: int
    headers: Headers
    body: bytes
    framed: bool = True

    @classmethod
    async def read(cls, answer: Answer) -> Self:
        return cls(answer.status, answer.headers, await read_whole(answer))

    def header(self, name: str) -> str:
        named = [value for found, value in self.headers if found.lower() == name]
        return named[0].strip().lower() if named else ""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.body


async def read_whole(answer: Answer) -> bytes:
    """All of the body; UpstreamFailed where it does not end in time to be held."""
    body = bytearray()
    async for chunk in answer.chunks():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise too_long_an_answer()
    return bytes(body)


def too_long_an_answer() -> UpstreamFailed:
    return UpstreamFailed(f"the provider's answer is longer than {MAX_ANSWER_BYTES // 1024**2} MB")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a provider may take. `are_own`: by its own settings, which the session does not know."""

    connect_seconds: float
    first_byte_seconds: float
    idle_seconds: float
    are_own: bool = False

    def of(self, provider: ProviderRoute) -> Timeouts:
        """Those of the provider; where it has none, these."""
        own = (
            provider.connect_timeout_seconds,
            provider.first_byte_timeout_seconds,
            provider.idle_timeout_seconds,
        )
        if own == _NONE_OF_ITS_OWN:
            return self
        connect, first_byte, idle = own
        return Timeouts(
            connect or self.connect_seconds,
            first_byte or self.first_byte_seconds,
            idle or self.idle_seconds,
            are_own=True,
        )


async def _within(seconds: float, reading: Awaitable[Read]) -> Read:
    async with asyncio.timeout(seconds):
        return await reading


class Upstream:
    """The pooled connections to all providers, for the life of a worker."""

    def __init__(self, timeout_seconds: float, health: ProviderHealth) -> None:
        self._health = health
        connect_seconds = min(timeout_seconds, CONNECT_TIMEOUT_SECONDS)
        self._timeouts = Timeouts(connect_seconds, timeout_seconds, timeout_seconds)
        self._trusted = _session(self._timeouts, None)
        self._guarded = _session(self._timeouts, GuardedResolver())

    async def close(self) -> None:
        await self._trusted.close()
        await self._guarded.close()

    @asynccontextmanager
    async def send(
        self, provider: ProviderRoute, method: str, path: str, headers: Headers, body: bytes
    ) -> AsyncIterator[Answer]:
        """The provider's answer to one request, sent once. GatewayError where there is none."""
        if not provider.trusted:
            check_host(provider)
        timeouts = self._timeouts.of(provider)
        began = time.perf_counter()
        try:
            response = await self._request(provider, timeouts, method, path, with_trace(headers), body)
        except GatewayError as error:
            self._health.note(provider, began, error.message)
            raise
        failed = response.status in FAILED_STATUSES
        self._health.note(provider, began, f"it answered {response.status}" if failed else "")
        try:
            yield ProviderAnswer(response, timeouts)
        finally:
            # Read to its end, the connection is back in the pool by now; else this ends it.
            response.close()

    async def _request(
        self,
        provider: ProviderRoute,
        timeouts: Timeouts,
        method: str,
        path: str,
        headers: Headers,
        body: bytes,
    ) -> aiohttp.ClientResponse:
        session = self._trusted if provider.trusted else self._guarded
        url = _parsed_url(joined_url(provider, path))
        sending = session.request(
            method,
            url,
            headers=headers,
            data=body or None,
            allow_redirects=False,
            timeout=_connect_timeout(timeouts) if timeouts.are_own else session.timeout,
        )
        try:
            return await (_within(timeouts.first_byte_seconds, sending) if timeouts.are_own else sending)
        except UnsafeUrl as error:
            raise UpstreamFailed(f"provider {provider.name!r} must not be called: {error}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unanswered(error, timeouts) from error


@lru_cache(maxsize=256)
def _parsed_url(url: str) -> URL:
    return URL(url, encoded=True)


@asynccontextmanager
async def opened_upstream(timeout_seconds: float, health: ProviderHealth) -> AsyncIterator[Upstream]:
    """The connections of a worker, for its life."""
    upstream = Upstream(timeout_seconds, health)
    try:
        yield upstream
    finally:
        await upstream.close()


def _connect_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """For the connection alone: the rest is timed by whoever waits for it."""
    return aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect_seconds)


def _session(timeouts: Timeouts, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, resolver=resolver),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=None,
            sock_connect=timeouts.connect_seconds,
            sock_read=timeouts.idle_seconds,
        ),
        skip_auto_headers=("user-agent", "accept", "accept-encoding", "content-type"),
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
    )


# What to tell the client. Never an error's text, which may hold the URL or parts of an answer.


def _unanswered(error: Exception, timeouts: Timeouts) -> GatewayError:
    """Why nothing was answered."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectTimeout(f"the provider took no connection within {timeouts.connect_seconds:g} s")
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"the provider did not answer within {timeouts.first_byte_seconds:g} s")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unreachable("the provider could not be reached")
    return Unreachable("the provider broke off the connection")


def broken_off(error: Exception, idle_seconds: float) -> GatewayError:
    """Why an answer that began has no end."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"the provider said nothing more for {idle_seconds:g} s")
    return UpstreamFailed("the provider broke off the connection")
