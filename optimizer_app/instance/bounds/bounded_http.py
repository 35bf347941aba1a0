"""uvicorn's HTTP protocol, with bounds: for the head of a request, how large it is and how long it takes; and
for the connections of one address. And with word that a client left, for which no task has to wait.

uvicorn waits for ever for the end of a head, and keeps all of it. That a client left it tells only to whoever
waits for the client's next message. Of a request that offers another protocol than websockets, as Java's
client offers HTTP/2, it loses the body, and whatever follows on the connection.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from functools import partial

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from optimizer_app.client_addresses import counted_address
from optimizer_app.gathered_writes import GatheredWrites

HEAD_SECONDS = 20.0
# Under this name the scope of a request has `watch`.
WATCH = "optimizer.watch"
# And under this one, whether all of its body has come.
IS_WHOLE = "optimizer.is_whole"
# Beside what comes with the piece that ends it.
MAX_HEAD_BYTES = 64 * 1024
# At one worker: a quarter of all that it has. Live pages are counted by person instead.
MAX_CONNECTIONS_OF_ONE = 1_000
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

_END_OF_HEAD = b"\r\n\r\n"
_WEBSOCKET_ALONE = re.compile(rb"\r\nupgrade:(?![ \t]*websocket[ \t]*(?:\r|\Z))[^\r\n]*", re.IGNORECASE)
_NOTHING = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)

_open: Counter[str] = Counter()


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection."""

    _head_timer: asyncio.TimerHandle | None = None
    _in_head = False
    _is_lost = False
    _tell: Callable[[], None] | None = None
    _head_bytes = 0
    _address: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(GatheredWrites(transport))  # type: ignore[arg-type]
        self._address = counted_address(self.client[0]) if self.client else None
        if self._address is not None:
            _open[self._address] += 1
            if _open[self._address] > MAX_CONNECTIONS_OF_ONE:
                transport.abort()
                return
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._uncount()
        super().connection_lost(exc)
        self._is_lost = True
        if self._tell is not None:
            self._tell()

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """From now on the request that is served is told when its client leaves, until it calls what this
        returns."""
        self._tell = tell
        # While it is not read, a connection does not tell that it ended.
        self.flow.resume_reading()
        if self._is_lost:
            tell()
        return partial(self._unwatch, tell)

    def is_whole(self) -> bool:
        """Whether whoever reads the body of the request that is served has not to wait for any of it."""
        return not self.cycle.more_body

    def _unwatch(self, tell: Callable[[], None]) -> None:
        # The connection's next request may be at work by now.
        if self._tell is tell:
            self._tell = None

    def handle_websocket_upgrade(self) -> None:
        # Its end is told to another protocol, which gathers what it sends by itself.
        self._uncount()
        gathered: GatheredWrites = self.transport  # type: ignore[assignment]
        gathered.flush()
        self.transport = gathered.transport  # type: ignore[assignment]
        super().handle_websocket_upgrade()

    @property
    def _is_between_requests(self) -> bool:
        if self._in_head:
            return not self._head_bytes
        return self.cycle is not None and not self.cycle.more_body

    def data_received(self, data: bytes) -> None:
        super().data_received(without_offers(data) if self._is_between_requests else data)
        if not self._in_head:
            return
        if self._head_timer is None:
            # Most heads come whole, and need none.
            self._begin_head()
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[WATCH] = self.watch  # type: ignore[literal-required]
        self.scope[IS_WHOLE] = self.is_whole  # type: ignore[literal-required]
        self._head_bytes = 0
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._in_head = True
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_head(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _uncount(self) -> None:
        address, self._address = self._address, None
        if address is not None:
            _open[address] -= 1
            if not _open[address]:
                del _open[address]


def without_offers(data: bytes) -> bytes:
    """A request that begins with these bytes, without the other protocols that its client offers to speak;
    as it may be, each is declined. Websockets are the one that is spoken, and opened by GET."""
    end = data.find(_END_OF_HEAD)
    head = data[:end] if end >= 0 else b""
    if b"upgrade:" not in head.lower():
        return data
    declined = _WEBSOCKET_ALONE if head.startswith(b"GET ") else _NOTHING
    return declined.sub(b"", head) + data[end:]
