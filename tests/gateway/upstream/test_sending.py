"""Requests as they go out: where a connection that was kept has ended, and what is no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio

from gateway.callers.routing import ProviderRoute
from gateway.errors import GatewayError, Unreachable, UpstreamFailed
from gateway.requests.client import Headers
from gateway.upstream.connections import Upstream, read_whole
from gateway.upstream.headers import request_headers
from gateway.upstream.health import ProviderHealth
from tests.patience import PATIENCE_SECONDS

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes"


class OnceOnly:
    """Answers the first request of each connection, and ends the connection at the second."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        self.received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()


async def served(server: OnceOnly, asking: Callable[[Upstream, str], Awaitable[None]]) -> None:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    upstream = Upstream(PATIENCE_SECONDS, ProviderHealth(redis.asyncio.Redis()))
    async with listening, asyncio.timeout(PATIENCE_SECONDS):
        await asking(upstream, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        upstream.close()


def provider_at(url: str, **values: object) -> ProviderRoute:
    return ProviderRoute("mine", "openai", f"{url}/v1", "sk-x", trusted=True, **values)


async def sent(upstream: Upstream, provider: ProviderRoute, method: str, headers: Headers) -> bytes:
    body = b"" if method == "GET" else b"{}"
    async with upstream.send(provider, method, "/v1/models", headers, body) as answer:
        return await read_whole(answer)


def test_what_changes_nothing_is_sent_again() -> None:
    server = OnceOnly()

    async def asking(upstream: Upstream, url: str) -> None:
        answers = [await sent(upstream, provider_at(url), "GET", []) for _ in range(2)]
        assert answers == [b"yes", b"yes"]

    asyncio.run(served(server, asking))
    assert len(server.received) == 3


def test_a_prompt_is_sent_once() -> None:
    server = OnceOnly()

    async def asking(upstream: Upstream, url: str) -> None:
        await sent(upstream, provider_at(url), "POST", [])
        with pytest.raises(Unreachable):
            await sent(upstream, provider_at(url), "POST", [])

    asyncio.run(served(server, asking))
    assert len(server.received) == 2


def test_headers_go_out_as_bytes() -> None:
    """A client's as they came, a provider's own ones in UTF-8."""
    server = OnceOnly()

    async def asking(upstream: Upstream, url: str) -> None:
        provider = provider_at(url, headers=[("X-Title", "Café ☕")])
        received = [("x-note", "caf\xe9"), ("x-other", "\xe2\x82\xac")]
        await sent(upstream, provider, "POST", request_headers(received, "tok_secret", provider, plain=False))

    asyncio.run(served(server, asking))
    assert b"\r\nx-note: caf\xe9\r\nx-other: \xe2\x82\xac\r\n" in server.received[0]
    assert "\r\nx-title: Café ☕\r\n".encode() in server.received[0]


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb"])
def test_a_stored_header_adds_none(value: str) -> None:
    server = OnceOnly()

    async def asking(upstream: Upstream, url: str) -> None:
        with pytest.raises(UpstreamFailed):
            await sent(upstream, provider_at(url), "POST", [("x-own", value)])

    asyncio.run(served(server, asking))
    assert not server.received


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:99999"])
def test_a_base_url_that_leads_nowhere(url: str) -> None:
    async def asking(upstream: Upstream, _: str) -> None:
        with pytest.raises(GatewayError, match="cannot be read"):
            await sent(upstream, provider_at(url), "POST", [])

    asyncio.run(served(OnceOnly(), asking))
