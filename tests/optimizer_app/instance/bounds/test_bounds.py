"""What one address may hold of a worker: connections, and requests that come through a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from optimizer_app import client_addresses
from optimizer_app.instance.bounds import bounded_http
from optimizer_app.instance.bounds.bounded_requests import BoundedRequests
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def _nobody_is_trusted(settings) -> Any:
    settings.TRUSTED_PROXIES = []
    client_addresses.counted_address.cache_clear()
    yield
    client_addresses.counted_address.cache_clear()


@asynccontextmanager
async def _listening(application: Any) -> AsyncIterator[int]:
    """The port of a server with our protocol, in this process."""
    config = uvicorn.Config(application, lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: bounded_http.BoundedHttpProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _empty(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _ask(port: int) -> tuple[bytes, asyncio.StreamWriter]:
    """The first line of an answer, empty where the server hung up; and the connection, left open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await reader.readline(), writer
    except ConnectionError:
        return b"", writer


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 the end of a connection tells nobody
            await asyncio.sleep(0)


@pytest.mark.usefixtures("_nobody_is_trusted")
async def test_connections_of_one_address(monkeypatch) -> None:
    monkeypatch.setattr(bounded_http, "MAX_CONNECTIONS_OF_ONE", 2)
    async with _listening(_empty) as port:
        answers = [await _ask(port) for _ in range(3)]
        assert [line[:12] for line, _ in answers] == [b"HTTP/1.1 204", b"HTTP/1.1 204", b""]
        for _, writer in answers:
            writer.close()
            await writer.wait_closed()
        await _until(lambda: not bounded_http._open)
        line, writer = await _ask(port)
        writer.close()
    assert line.startswith(b"HTTP/1.1 204")


async def test_connections_of_a_trusted_proxy_are_not_counted(monkeypatch) -> None:
    monkeypatch.setattr(bounded_http, "MAX_CONNECTIONS_OF_ONE", 0)
    async with _listening(_empty) as port:
        line, writer = await _ask(port)
        writer.close()
    assert line.startswith(b"HTTP/1.1 204")


async def test_requests_of_one_address() -> None:
    held, statuses = asyncio.Event(), []

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await held.wait()
        await _empty(scope, receive, send)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    bounded = BoundedRequests(waits, max_of_one=1)

    async def ask(address: str) -> None:
        await bounded({"type": "http", "client": (address, 1)}, None, send)  # type: ignore[arg-type]

    async with asyncio.TaskGroup() as requests:
        requests.create_task(ask("203.0.113.1"))
        await asyncio.sleep(0)
        await ask("203.0.113.1")
        assert statuses == [429]
        for other in ("203.0.113.2", "127.0.0.1", "127.0.0.1"):
            requests.create_task(ask(other))
        held.set()
    await ask("203.0.113.1")
    assert statuses == [429, 204, 204, 204, 204, 204]


async def test_a_request_is_told_that_its_client_left() -> None:
    told: list[str] = []
    begun = asyncio.Event()

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        unwatch = scope[bounded_http.WATCH](lambda: told.append(scope["path"]))
        if scope["path"] == "/answered":
            await _empty(scope, receive, send)
            # The next request of the connection comes first: it goes on being told.
            await begun.wait()
            unwatch()
        else:
            begun.set()

    async with _listening(watching) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /answered HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET /left HTTP/1.1\r\nhost: x\r\n\r\n")
        await begun.wait()
        writer.close()
        await _until(lambda: bool(told))
    assert told == ["/left"]


async def test_whether_a_body_has_come_is_known_before_it_is_read() -> None:
    known: list[bool] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        known.append(scope[bounded_http.IS_WHOLE]())
        while (await receive())["more_body"]:
            pass
        known.append(scope[bounded_http.IS_WHOLE]())
        await _empty(scope, receive, send)

    async with _listening(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for pieces in ((b"body",), (b"bo", b"dy")):
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n" + pieces[0])
            for piece in pieces[1:]:
                await _until(lambda: len(known) == 3)
                writer.write(piece)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert known == [True, True, False, True]


@pytest.mark.parametrize("offered", ["h2c", "TLS/1.0", "websocket", "websocket, h2c"])
async def test_the_body_of_a_request_that_offers_another_protocol(offered: str) -> None:
    """As Java's client does, on each of its connections."""
    bodies = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        bodies.append((await receive())["body"])
        await _empty(scope, receive, send)

    offer = f"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEA\r\nUpgrade: {offered}\r\n"
    async with _listening(application) as port, asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(f"POST / HTTP/1.1\r\nhost: x\r\n{offer}content-length: 3\r\n\r\nyes".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
    assert bodies == [b"yes", b"yes"]


@pytest.mark.parametrize(
    ("received", "passed_on"),
    [
        (b"GET / HTTP/1.1\r\nUPGRADE: h2c\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nupgrade: h2c\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"),
    ],
)
def test_a_get_offers_in_vain(received: bytes, passed_on: bytes) -> None:
    assert bounded_http.without_offers(received) == passed_on


@pytest.mark.parametrize(
    "received",
    [
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nupgrade: WebSocket\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 19\r\n\r\nab\r\nupgrade: h2c\r\n\r\n",
    ],
)
def test_websockets_and_bodies_stay(received: bytes) -> None:
    assert bounded_http.without_offers(received) == received
