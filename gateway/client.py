"""One request's connection to its client: the body in, the answer out, and word when the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from starlette.types import Receive, Scope, Send

from gateway.errors import BadRequest, TooLarge

Headers = list[tuple[str, str]]


class ClientDisconnected(Exception):
    """The client closed its connection before its answer was whole."""


class Client:
    """The ASGI connection of one request."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.header_list: Headers = lowercased(scope["headers"])
        self.headers = first_of_each(self.header_list)
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string") or b""
        # As it came, so that nothing is quoted twice on its way to the provider.
        self.target = raw_path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        self.started = False
        self._receive = receive
        self._send = send

    async def read_body(self, max_bytes: int) -> bytes:
        """The whole request body; TooLarge as soon as that is known."""
        _check_length(self.headers.get("content-length"), max_bytes)
        chunks = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > max_bytes:
                raise _too_large(max_bytes)
            if not message.get("more_body", False):
                return b"".join(chunks)

    async def start(self, status: int, headers: Headers) -> None:
        """Send the status and the headers."""
        self.started = True
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer with its length."""
        await self.start(status, [*headers, ("content-length", str(len(body)))])
        await self.send(body, last=True)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Cancel what stands within when the client leaves, and raise ClientDisconnected in its place.

        Needed while we wait for the provider: nothing else would notice. The body must have been read.
        """
        task = asyncio.current_task()
        assert task is not None
        left = False

        def leave(watch: asyncio.Task[None]) -> None:
            nonlocal left
            if not watch.cancelled():
                left = True
                task.cancel()

        watch = asyncio.create_task(self._wait_until_left())
        watch.add_done_callback(leave)
        try:
            yield
        except asyncio.CancelledError:
            # Cancelled from elsewhere too (the server stops): that goes on.
            if left and task.uncancel() == 0:
                raise ClientDisconnected from None
            raise
        finally:
            watch.remove_done_callback(leave)
            watch.cancel()

    async def _wait_until_left(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _check_length(declared: str | None, max_bytes: int) -> None:
    if declared is None:
        return
    if not declared.isdecimal():
        raise BadRequest(f"content-length {declared!r} is no number")
    if int(declared) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"the request body is larger than {max_bytes // 1024**2} MB")


def lowercased(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """ASGI's headers as text; HTTP headers are latin-1."""
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


def first_of_each(headers: Headers) -> Mapping[str, str]:
    """One value a name, for reading."""
    return dict(reversed(headers))
