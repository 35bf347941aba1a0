"""What is written to a connection in one turn of the event loop, sent with one system call.

uvloop and asyncio send each piece as it is written: the head of an answer and then its body, or the commands
of requests that came in together. To send a piece takes longer than to make most of them.
"""

from __future__ import annotations

import asyncio
from typing import Any

# Beyond this they are sent at once: the transport says when a slow reader is to be waited for.
_MAX_BYTES = 64 * 1024


class GatheredWrites:
    """A transport whose pieces go out together, as soon as who writes them lets others run."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self.transport = transport
        self.is_closing = transport.is_closing
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _MAX_BYTES:
            self.flush()

    def close(self) -> None:
        """Close the connection once all is sent."""
        self.flush()
        self.transport.close()

    def flush(self) -> None:
        """Send what was gathered so far."""
        pieces, self._pieces, self._size = self._pieces, [], 0
        if pieces and not self.is_closing():
            self.transport.writelines(pieces)
