"""Connections to providers, spoken to by a server that sends the bytes of a script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import pytest
import uvloop

from gateway.upstream.pool import Place, Pool, place_of
from gateway.upstream.wire import MAX_HEAD_BYTES, Connection
from tests.patience import PATIENCE_SECONDS

ASKED = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes"


class Scripted:
    """Answers each request of a connection with the next bytes; behind the last the connection ends."""

    def __init__(self, *answers: bytes) -> None:
        self.connections = 0
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        # It may be the client that ends.
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            for answer in self._answers:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
        writer.close()


async def served(scripted: Scripted, asking: Callable[[Pool, Place], Awaitable[None]]) -> None:
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    pool = Pool(guarded=False)
    async with server, asyncio.timeout(PATIENCE_SECONDS):
        await asking(pool, place_of("http", f"127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        pool.close()


def run(asking: Coroutine[Any, Any, None]) -> None:
    """On the event loop that workers have."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asking)


async def asked(pool: Pool, place: Place, *, method: str = "POST") -> Connection:
    connection = await pool.take(place, PATIENCE_SECONDS)
    await connection.ask(ASKED, b"{}", PATIENCE_SECONDS, has_no_body=method == "HEAD")
    return connection


async def whole(connection: Connection) -> bytes:
    pieces = []
    while piece := await connection.read(PATIENCE_SECONDS):
        pieces.append(piece)
    return b"".join(pieces)


def test_headers_are_the_bytes_that_came() -> None:
    async def asking(pool: Pool, place: Place) -> None:
        connection = await asked(pool, place)
        assert connection.headers[1:] == [("x-note", "caf\xe9"), ("x-note", "\xe2\x82\xac")]

    answer = OK.replace(b"\r\n\r\n", b"\r\nX-Note: caf\xe9\r\nx-note: \xe2\x82\xac\r\n\r\n")
    run(served(Scripted(answer), asking))


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"yes"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK, b"yes"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_a_connection_carries_one_request_after_the_other(answer: bytes, body: bytes) -> None:
    scripted = Scripted(answer, answer, answer)

    async def asking(pool: Pool, place: Place) -> None:
        for _ in range(3):
            connection = await asked(pool, place)
            assert (await whole(connection), connection.framed) == (body, True)
            pool.give_back(place, connection)

    run(served(scripted, asking))
    assert scripted.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged",
        OK + b"\0\0\0\0",
        OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
        OK.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_what_comes_behind_an_answer_belongs_to_no_request(answer: bytes) -> None:
    scripted = Scripted(answer, OK)

    async def asking(pool: Pool, place: Place) -> None:
        for _ in range(2):
            connection = await asked(pool, place)
            assert await whole(connection) == b"yes"
            pool.give_back(place, connection)

    run(served(scripted, asking))
    assert scripted.connections == 2


def test_the_end_of_a_connection_may_be_that_of_the_body() -> None:
    async def asking(pool: Pool, place: Place) -> None:
        connection = await asked(pool, place)
        assert (await whole(connection), connection.framed) == (b"all there is", False)

    run(served(Scripted(b"HTTP/1.1 200 OK\r\n\r\nall there is"), asking))


def test_an_answer_to_head_has_no_body() -> None:
    async def asking(pool: Pool, place: Place) -> None:
        connection = await asked(pool, place, method="HEAD")
        assert (await whole(connection), connection.headers) == (b"", [("content-length", "70")])

    run(served(Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 70\r\n\r\n"), asking))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 999 Denied\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 099 Early\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * (MAX_HEAD_BYTES + 1),
    ],
)
def test_what_is_no_answer(answer: bytes) -> None:
    async def asking(pool: Pool, place: Place) -> None:
        with pytest.raises(ConnectionError):
            await asked(pool, place)

    run(served(Scripted(answer), asking))


def test_a_body_that_breaks_off() -> None:
    async def asking(pool: Pool, place: Place) -> None:
        connection = await asked(pool, place)
        with pytest.raises(ConnectionError):
            await whole(connection)

    run(served(Scripted(OK.removesuffix(b"s")), asking))


def test_a_body_that_nobody_reads_waits_at_the_provider() -> None:
    size = 32 * 1024 * 1024

    async def asking(pool: Pool, place: Place) -> None:
        connection = await asked(pool, place)
        first = await connection.read(PATIENCE_SECONDS)
        assert len(first) < size
        assert len(first) + len(await whole(connection)) == size

    run(served(Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + bytes(size)), asking))


def test_what_came_before_a_forged_answer_is_read() -> None:
    """Though it is more than is held, and the connection has ended."""
    size = 200 * 1024

    async def asking(pool: Pool, place: Place) -> None:
        connection = await asked(pool, place)
        connection.data_received(bytes(size) + b"SSH-2.0")
        await asyncio.sleep(0)
        assert len(await whole(connection)) == size

    run(served(Scripted(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size, OK), asking))


def test_what_is_not_read_to_its_end_is_not_used_again() -> None:
    scripted = Scripted(OK, OK)

    async def asking(pool: Pool, place: Place) -> None:
        for _ in range(2):
            pool.give_back(place, await asked(pool, place))

    run(served(scripted, asking))
    assert scripted.connections == 2


def test_a_kept_connection_that_has_ended_is_not_used() -> None:
    scripted = Scripted(OK)

    async def asking(pool: Pool, place: Place) -> None:
        for _ in range(2):
            connection = await asked(pool, place)
            assert await whole(connection) == b"yes"
            pool.give_back(place, connection)
            while connection.is_open:  # noqa: ASYNC110 - whom it does not serve it tells nothing
                await asyncio.sleep(0)

    run(served(scripted, asking))
    assert scripted.connections == 2


def test_silence_has_an_end() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def asking(pool: Pool, place: Place) -> None:
        connection = await pool.take(place, PATIENCE_SECONDS)
        with pytest.raises(TimeoutError):
            await connection.ask(ASKED, b"{}", 0.05)
        connection.end()

    scripted = Scripted()
    scripted.serve = silent  # type: ignore[method-assign]
    run(served(scripted, asking))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (("https", "api.openai.com"), Place(True, "api.openai.com", 443, "api.openai.com")),
        (("http", "LOCALHOST:8080"), Place(False, "localhost", 8080, "localhost:8080")),
        (("http", "[::1]:80"), Place(False, "::1", 80, "[::1]")),
        (("https", "bücher.example"), Place(True, "xn--bcher-kva.example", 443, "xn--bcher-kva.example")),
    ],
)
def test_places(url: Sequence[str], place: Place) -> None:
    assert place_of(*url) == place


@pytest.mark.parametrize("url", [("ftp", "x"), ("http", ""), ("http", "x:99999"), ("http", "[::1")])
def test_what_is_no_place(url: Sequence[str]) -> None:
    with pytest.raises(ValueError, match=r"URL|ort|IPv6"):
        place_of(*url)
