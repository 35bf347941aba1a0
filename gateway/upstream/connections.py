"""The way to the providers: one pooled client, addresses guarded, time limited, nothing replayed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from gateway.errors import GatewayError, UpstreamFailed, UpstreamTimeout
from gateway.requests.client import Headers
from gateway.routing import ProviderRoute
from gateway.upstream.addresses import GuardedResolver, check_host, joined_url
from optimizer_app.outgoing import UnsafeUrl

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

    def __init__(self, response: aiohttp.ClientResponse, timeout_seconds: float) -> None:
        self.status = response.status
        self.headers: Headers = list(response.headers.items())
        self.framed = "content-length" in response.headers or "transfer-encoding" in response.headers
        self._response = response
        self._timeout_seconds = timeout_seconds

    def header(self, name: str) -> str:
        return self._response.headers.get(name, "").strip().lower()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as the bytes come; UpstreamFailed or UpstreamTimeout where it breaks off."""
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise failure_of(error, self._timeout_seconds) from error


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


class Upstream:
    """The pooled connections to all providers, for the life of a worker."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._trusted = _session(timeout_seconds, None)
        self._guarded = _session(timeout_seconds, GuardedResolver())

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
        response = await self._request(provider, method, path, headers, body)
        try:
            yield ProviderAnswer(response, self._timeout_seconds)
        finally:
            # Read to its end, the connection is back in the pool by now; else this ends it.
            response.close()

    async def _request(
        self, provider: ProviderRoute, method: str, path: str, headers: Headers, body: bytes
    ) -> aiohttp.ClientResponse:
        session = self._trusted if provider.trusted else self._guarded
        url = _parsed_url(joined_url(provider, path))
        try:
            return await session.request(
                method, url, headers=headers, data=body or None, allow_redirects=False
            )
        except UnsafeUrl as error:
            raise UpstreamFailed(f"provider {provider.name!r} must not be called: {error}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise failure_of(error, self._timeout_seconds) from error


@lru_cache(maxsize=256)
def _parsed_url(url: str) -> URL:
    return URL(url, encoded=True)


def _session(timeout_seconds: float, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, resolver=resolver),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=None,
            sock_connect=min(timeout_seconds, CONNECT_TIMEOUT_SECONDS),
            sock_read=timeout_seconds,
        ),
        skip_auto_headers=("user-agent", "accept", "accept-encoding", "content-type"),
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
    )


def failure_of(error: Exception, timeout_seconds: float) -> GatewayError:
    """What to tell the client. Never the error's text, which may hold the URL or parts of an answer."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"the provider did not answer within {timeout_seconds:g} s")
    if isinstance(error, aiohttp.ClientConnectorError):
        return UpstreamFailed("the provider could not be reached")
    return UpstreamFailed("the provider broke off the connection")
