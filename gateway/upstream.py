"""The way to the providers: one pooled client, addresses guarded, time limited, nothing replayed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.auth import ProviderRoute
from gateway.errors import GatewayError, UpstreamFailed, UpstreamTimeout
from gateway.headers import Headers
from optimizer_app.models import Provider
from optimizer_app.outgoing import METADATA_HOSTS, UnsafeUrl, check_outgoing_address

CONNECT_TIMEOUT_SECONDS = 10.0
# Providers send long policies; aiohttp's own limit is 8 kB.
_HEADER_BYTES = 65_536
_DEFAULT_BASE_URLS = {
    Provider.Kind.OPENAI: "https://api.openai.com/v1",
    Provider.Kind.ANTHROPIC: "https://api.anthropic.com",
}
# With the SDKs an OpenAI base URL ends in /v1, an Anthropic one does not.
_PREFIX_IN_BASE_URL = {Provider.Kind.OPENAI: "/v1", Provider.Kind.ANTHROPIC: ""}


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


class GuardedResolver(AbstractResolver):
    """Names of URLs that people entered, judged at the very address that will be called.

    A check of the URL alone would let a name resolve to something else a moment later.
    """

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for entry in found:
            check_outgoing_address(ipaddress.ip_address(entry["host"].split("%")[0]), host)
        return found

    async def close(self) -> None:
        await self._resolver.close()


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
        url = URL(joined_url(provider, path), encoded=True)
        try:
            return await session.request(
                method, url, headers=headers, data=body or None, allow_redirects=False
            )
        except UnsafeUrl as error:
            raise UpstreamFailed(f"provider {provider.name!r} must not be called: {error}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise failure_of(error, self._timeout_seconds) from error


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


def joined_url(provider: ProviderRoute, path: str) -> str:
    """Where a path of ours (`/v1/…`, with its query) lies at the provider, joined as its SDK does."""
    kind = Provider.Kind(provider.kind)
    base_url = provider.base_url or _DEFAULT_BASE_URLS[kind]
    return base_url.rstrip("/") + path.removeprefix(_PREFIX_IN_BASE_URL[kind])


def check_host(provider: ProviderRoute) -> None:
    """Refuse what the resolver never sees: addresses written as numbers, and metadata names."""
    host = (urlsplit(provider.base_url).hostname or "").rstrip(".").lower()
    try:
        if host in METADATA_HOSTS:
            raise UnsafeUrl(f"{host} is a metadata service")
        check_outgoing_address(ipaddress.ip_address(host.split("%")[0]), host)
    except UnsafeUrl as error:
        raise UpstreamFailed(f"provider {provider.name!r} must not be called: {error}") from error
    except ValueError:
        # A name: the resolver judges it.
        return


def failure_of(error: Exception, timeout_seconds: float) -> GatewayError:
    """What to tell the client. Never the error's text, which may hold the URL or parts of an answer."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"the provider did not answer within {timeout_seconds:g} s")
    if isinstance(error, aiohttp.ClientConnectorError):
        return UpstreamFailed("the provider could not be reached")
    return UpstreamFailed("the provider broke off the connection")
