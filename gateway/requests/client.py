"""One request's connection to its client: the body in, the answer out, and word when the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from django.conf import settings
from starlette.types import Receive, Scope, Send

from gateway.errors import BadRequest, RequestTimeout, too_large
from gateway.limits import Admission
from gateway.requests.in_flight import BytesInFlight, HeldBytes
from gateway.requests.off_loop import off_loop
from optimizer_app.client_addresses import counted_address
from optimizer_app.instance.bounds.bounded_http import IS_WHOLE, WATCH

# Headers by which a proxy says for whom a request is.
FROM_PROXIES = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"})

# Nobody's network stops for so long in the middle of a body, or takes so long for all of it.
BODY_PAUSE_SECONDS = 20.0
BODY_SECONDS = 300.0

Headers = list[tuple[str, str]]
# Until the endpoint says whose bytes are held, and together with whose.
_NOBODYS = BytesInFlight()


class Copy(Protocol):
    """Gets a copy of what is sent."""

    def begin(self, headers: Headers) -> None: ...

    def add(self, data: bytes) -> None: ...


class Restored(Protocol):
    """Puts what was kept from the provider back into an answer on its way to the client."""

    def whole(self, body: bytes) -> bytes: ...

    def piece(self, data: bytes, *, last: bool = False) -> bytes: ...


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
        # The model that an Azure path names.
        self.deployment: str = scope.get("deployment", "")
        # Empty on a Unix socket.
        self.host: str = scope["client"][0] if scope.get("client") else ""
        # None for a trusted proxy.
        self.address = counted_address(self.host)
        self.started = False
        self._is_read = "content-length" not in self.headers and "transfer-encoding" not in self.headers
        self.copy: Copy | None = None
        self.restored: Restored | None = None
        self.held = HeldBytes(_NOBODYS)
        self.admission = Admission()
        self._left = False
        self._watch: Callable[[Callable[[], None]], Callable[[], None]] | None = scope.get(WATCH)
        self._is_whole: Callable[[], bool] = scope.get(IS_WHOLE, _is_not_whole)
        self._scheme: str = scope.get("scheme", "http")
        self._receive = receive
        self._send = send

    @property
    def origin(self) -> str:
        """The gateway's own address as this client knows it; behind a proxy, that of the instance."""
        if settings.PUBLIC_URL and not FROM_PROXIES.isdisjoint(self.headers):
            return str(settings.PUBLIC_URL)
        return f"{self._scheme}://{self.headers.get('host', '')}"

    @property
    def content_encoding(self) -> str:
        """How the body is compressed; empty where it is not."""
        return self.headers.get("content-encoding", "").strip().lower()

    async def read_body(self, max_bytes: int) -> bytes:
        """The whole request body as it came; TooLarge as soon as that is known, RequestTimeout where it
        does not come."""
        _check_length(self.headers.get("content-length"), max_bytes)
        if self._is_whole():
            # Most of them: a timer would take longer than to read it.
            return await self._read_body(max_bytes)
        ends_at = asyncio.get_running_loop().time() + BODY_SECONDS
        try:
            async with asyncio.timeout(BODY_PAUSE_SECONDS) as pause:
                return await self._read_body(max_bytes, pause, ends_at)
        except TimeoutError:
            raise RequestTimeout("the request body did not come in time") from None

    async def _read_body(
        self, max_bytes: int, pause: asyncio.Timeout | None = None, ends_at: float = 0.0
    ) -> bytes:
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            piece: bytes = message.get("body", b"")
            if len(body) + len(piece) > max_bytes:
                raise too_large(max_bytes)
            self.held.add(len(piece))
            if not message.get("more_body", False):
                self._is_read = True
                # Most come in one piece, which is not copied.
                return bytes(body) + piece if body else piece
            body += piece
            if pause is not None:
                pause.reschedule(min(asyncio.get_running_loop().time() + BODY_PAUSE_SECONDS, ends_at))

    async def start(self, status: int, headers: Headers) -> None:
        """Send the status and the headers; the connection ends with it where a body is left unread."""
        self.started = True
        if not self._is_read:
            headers = [*headers, ("connection", "close")]
        if self.copy is not None:
            self.copy.begin(headers)
        await self._send({"type": "http.response.start", "status": status, "headers": encoded(headers)})

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send a piece of the body."""
        if self.copy is not None:
            self.copy.add(data)
        if self.restored is not None:
            data = self.restored.piece(data, last=last)
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer with its length."""
        sent = body if self.restored is None else await off_loop(len(body), self.restored.whole, body)
        await self.start(status, [*headers, ("content-length", str(len(sent)))])
        if self.copy is not None:
            self.copy.add(body)
        await self._send({"type": "http.response.body", "body": sent, "more_body": False})

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Cancel what stands within when the client leaves, and raise ClientDisconnected in its place.

        Needed while we wait for the provider: nothing else would notice. The body must have been read.
        """
        task = asyncio.current_task()
        assert task is not None
        self._left = False

        def leave() -> None:
            self._left = True
            task.cancel()

        # Our own protocol tells it; another server would only tell a task that waits.
        assert self._watch is not None
        unwatch = self._watch(leave)
        try:
            yield
        except asyncio.CancelledError:
            # Cancelled from elsewhere too (the server stops): that goes on.
            if self.survives_leaving():
                raise ClientDisconnected from None
            raise
        finally:
            unwatch()

    def survives_leaving(self) -> bool:
        """Whether the client's leaving was all that cancelled the task; that is taken back then, and what has
        to be done after it can be done."""
        task = asyncio.current_task()
        assert task is not None
        left, self._left = self._left, False
        return left and task.uncancel() == 0


def _is_not_whole() -> bool:
    return False


def _check_length(declared: str | None, max_bytes: int) -> None:
    if declared is None:
        return
    if not declared.isdecimal():
        raise BadRequest(f"content-length {declared!r} is no number")
    if int(declared) > max_bytes:
        raise too_large(max_bytes)


def lowercased(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """ASGI's headers as text; HTTP headers are latin-1."""
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI has them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def first_of_each(headers: Headers) -> Mapping[str, str]:
    """One value a name, for reading."""
    return dict(reversed(headers))
