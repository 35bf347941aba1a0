"""HTTP/1.1 as providers speak it: a connection that carries one request after the other.

llhttp reads what comes in. What is sent goes out as it was made, and headers are latin-1, in which each byte
is a character: so they leave as they came.
"""

from __future__ import annotations

import asyncio

import httptools

from gateway.requests.client import Headers

# Providers send long policies.
MAX_HEAD_BYTES = 256 * 1024
# What has come and nobody has read: beyond this the provider waits.
_MAX_HELD_BYTES = 128 * 1024
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_STATUSES = range(100, 600)
_FIRST_FINAL = 200
# Answers of these statuses have no body.
_EMPTY = frozenset({204, 304})


class Connection(asyncio.Protocol):
    """Asked for one answer at a time: its `status` and `headers`, then its body piece by piece.

    OSError where it breaks off, or is no HTTP; TimeoutError where nothing came for too long. `framed`: the
    end of the body can be told from a connection that broke.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._transport: asyncio.Transport
        self._waiting: asyncio.Future[None] | None = None
        self._error: OSError | None = None
        self._may_write = True
        # Of the request that is at work.
        self.status = 0
        self.headers: Headers = []
        self.framed = True
        self.is_reused = False
        self._is_asked = False
        self._has_no_body = False
        self._received: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._pieces: list[bytes] = []
        self._held = 0
        self._is_whole = False
        self._may_stay = False

    @property
    def is_open(self) -> bool:
        return self._error is None and not self._transport.is_closing()

    @property
    def is_free(self) -> bool:
        """Whether the next request may go down the same connection: the answer was read to its end."""
        is_read = self._is_whole and self._may_stay and not self._pieces
        return is_read and self.is_open and not self._transport.get_write_buffer_size()

    async def ask(self, head: bytes, body: bytes, seconds: float, *, has_no_body: bool = False) -> None:
        """Send a request, and wait for the head of its answer, which for HEAD `has_no_body`."""
        self.status, self._head_bytes, self._has_no_body = 0, 0, has_no_body
        self._is_asked, self._is_whole = True, False
        self._transport.writelines((head, body) if body else (head,))
        if not self._may_write:
            await self._sent(seconds)
        while not self.status:
            await self._come(seconds)

    async def read(self, seconds: float) -> bytes:
        """What has come of the body since; empty at its end."""
        while not self._pieces:
            if self._is_whole:
                return b""
            await self._come(seconds)
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces = []
        if self._held > _MAX_HELD_BYTES and not self._transport.is_closing():
            self._transport.resume_reading()
        self._held = 0
        return data

    def free(self) -> None:
        """The answer is not read any more. Where the connection has not come to its end, it ends here."""
        if not self.is_free:
            self.end()
        self._is_asked, self.is_reused = False, True

    def end(self) -> None:
        """Close the connection, whatever is still to come."""
        self._transport.abort()

    async def _sent(self, seconds: float) -> None:
        """Wait until what is left to send is little, for as long as some of it goes out."""
        left = self._transport.get_write_buffer_size()
        while not (self._may_write or self.status):
            try:
                await self._come(seconds)
            except TimeoutError:
                before, left = left, self._transport.get_write_buffer_size()
                if left >= before:
                    raise

    async def _come(self, seconds: float) -> None:
        """Wait until something happens."""
        if self._error is not None:
            raise self._error
        self._waiting = waiting = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake, TimeoutError())
        try:
            await waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _wake(self, error: OSError | None = None) -> None:
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        if error is None:
            waiting.set_result(None)
        else:
            waiting.set_exception(error)

    def _fail(self, error: OSError) -> None:
        self._error = self._error or error
        self._wake(None if self._is_whole else self._error)
        self._transport.abort()

    # What the transport says.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._is_asked:
            # A server says that it waits no longer, or something that belongs to no request.
            self.end()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(ConnectionError("the answer is no HTTP"))
            return
        if not self.status:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._fail(ConnectionError("the head of the answer is too long"))

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        if error is None and self.status and not self.framed:
            self._is_whole, self._may_stay = True, False
        self._error = self._error or ConnectionResetError("the connection ended")
        self._wake(None if self._is_whole else self._error)

    # What the parser says.

    def on_message_begin(self) -> None:
        if self._is_whole:
            raise ConnectionError("an answer that nobody asked for")
        self._received = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._received.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status not in _STATUSES:
            raise ConnectionError("a status that HTTP does not have")
        if status < _FIRST_FINAL:
            # The answer is still to come.
            return
        self.headers = [
            (name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in self._received
        ]
        is_empty = self._has_no_body or status in _EMPTY
        self.framed = is_empty or any(name in _FRAMING for name, _ in self.headers)
        self._is_whole, self._may_stay = self._has_no_body, False
        self.status = status
        self._wake()

    def on_body(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        if self._held > _MAX_HELD_BYTES:
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        if self.status:
            self._is_whole, self._may_stay = True, self._parser.should_keep_alive()
            self._wake()
