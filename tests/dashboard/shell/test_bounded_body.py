"""Request bodies that are too large."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.shell.bounded_body import MAX_BYTES, MAX_BYTES_OF_STRANGERS, BoundedBody, Limits

MB = 1024**2


async def _received(
    messages: list[dict[str, Any]], length: bytes | None, path: str = "/login", *, known: bool = True
) -> Any:
    """What a bounded application read of a request, and what was answered."""
    read, sent = bytearray(), []

    async def application(_scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            read.extend(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def known_as(_scope: Any) -> str:
        return "7" if known else ""

    headers = [(b"transfer-encoding", b"chunked") if length is None else (b"content-length", length)]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    await BoundedBody(application, {"/files": 3 * MAX_BYTES}, known_as)(scope, receive, send)
    return len(read), sent[0]["status"]


def _parts(count: int) -> list[dict[str, Any]]:
    """A body of so many megabytes."""
    chunk = bytes(MB)
    return [{"type": "http.request", "body": chunk, "more_body": n < count - 1} for n in range(count)]


@pytest.mark.parametrize("length", [None, b"nonsense"])
async def test_a_body_that_tells_no_size_is_bounded_as_it_comes(length: bytes | None) -> None:
    assert await _received(_parts(10), length) == (10 * MB, 200)
    assert await _received(_parts(11), length) == (10 * MB, 413)


async def test_a_body_that_tells_too_large_a_size_is_thrown_away() -> None:
    messages = _parts(12)
    assert await _received(messages, str(12 * MB).encode()) == (0, 413)
    assert messages == [], "a browser shows the answer once it has sent everything"


async def test_a_path_may_allow_more() -> None:
    assert await _received(_parts(30), str(30 * MB).encode(), "/files") == (30 * MB, 200)
    assert await _received(_parts(31), str(31 * MB).encode(), "/files") == (0, 413)


@pytest.mark.parametrize("length", [None, b"nonsense", b"2000000"])
@pytest.mark.parametrize("path", ["/login", "/files"])
async def test_nothing_large_is_read_of_a_stranger(path: str, length: bytes | None) -> None:
    messages = _parts(2)
    assert await _received(messages, length, path, known=False) == (0, 403)
    assert len(messages) == 2


@pytest.mark.parametrize("known", [True, False])
async def test_a_form_is_read_of_anybody(known: bool) -> None:
    form = [{"type": "http.request", "body": bytes(MAX_BYTES_OF_STRANGERS), "more_body": False}]
    length = str(MAX_BYTES_OF_STRANGERS).encode()
    assert await _received(form, length, known=known) == (MAX_BYTES_OF_STRANGERS, 200)


@pytest.mark.parametrize(("seconds", "pause_seconds"), [(0.01, 60.0), (60.0, 0.01)])
@pytest.mark.parametrize("length", [b"100", b"200", b"400"])
async def test_a_body_that_does_not_come_is_not_waited_for(
    length: bytes, seconds: float, pause_seconds: float
) -> None:
    statuses = []

    async def application(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status"))

    async def known_as(_scope: Any) -> str:
        return "7"

    of_strangers, of_known = (Limits(most, seconds, pause_seconds) for most in (100, 300))
    bounded = BoundedBody(application, {}, known_as, of_known=of_known, of_strangers=of_strangers)
    scope = {"type": "http", "method": "POST", "path": "/login", "headers": [(b"content-length", length)]}
    await bounded(scope, receive, send)  # type: ignore[arg-type]
    assert statuses[0] == (413 if length == b"400" else 408)


async def test_one_person_has_so_much_under_way() -> None:
    held, statuses = asyncio.Event(), []

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await held.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def known_as(scope: Any) -> str:
        return str(scope["who"])

    bounded = BoundedBody(application, {}, known_as, max_bytes_of_one=2 * MB)

    async def ask(who: str) -> None:
        headers = [(b"content-length", str(MB).encode())]
        scope = {"type": "http", "method": "POST", "path": "/x", "headers": headers, "who": who}
        await bounded(scope, None, send)  # type: ignore[arg-type]

    async with asyncio.TaskGroup() as requests:
        for who in ("ada", "ada", "bob"):
            requests.create_task(ask(who))
        await asyncio.sleep(0)
        await ask("ada")
        assert statuses == [429]
        held.set()
    await ask("ada")
    assert statuses == [429, 200, 200, 200, 200]
