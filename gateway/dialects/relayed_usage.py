"""What a provider billed for a request that is relayed, read along its answer, which goes on byte for byte.

Its `usage` stands near the beginning or the end, behind vectors or an image of many megabytes: so only these
are looked at. In JSON a quote within a text is escaped, so that `"usage":` is a member and never a text.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.dialects.responses import RESPONSES
from gateway.requests.bodies.encoding import ANY_WRAPPING
from optimizer_app.optimize.usage import UNKNOWN_USAGE, Usage
from token_optimizer.models import Dialect

_USAGE = re.compile(rb'"usage"\s*:\s*(?=\{)')
_END_BYTES = 16 * 1024
_MAX_UNPACKED_BYTES = 64 * 1024**2
_PIECE_BYTES = 1024**2


class RelayedUsage:
    """Reads along one answer."""

    def __init__(self, dialect: Dialect, *, packed: bool) -> None:
        self._dialect = dialect
        self._unpacker = zlib.decompressobj(ANY_WRAPPING) if packed else None
        self._head = self._tail = b""
        self._left = _MAX_UNPACKED_BYTES

    def feed(self, data: bytes) -> None:
        for piece in self._plain(data):
            self._left -= len(piece)
            self._head += piece[: _END_BYTES - len(self._head)]
            self._tail = (self._tail + piece[-_END_BYTES:])[-_END_BYTES:]

    def usage(self) -> Usage:
        """What was read; unknown where the answer does not say."""
        for end in (self._tail, self._head):
            for found in reversed(list(_USAGE.finditer(end))):
                usage = _object_at(end[found.end() :])
                if usage is not None:
                    return self._named(usage)
        return UNKNOWN_USAGE

    def _plain(self, data: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield data
            return
        while data and self._left > 0:
            try:
                yield self._unpacker.decompress(data, _PIECE_BYTES)
            except zlib.error:
                self._left = 0
                return
            data = self._unpacker.unconsumed_tail

    def _named(self, usage: Mapping[str, Any]) -> Usage:
        if self._dialect == "anthropic":
            return MESSAGES.usage(usage)
        return RESPONSES.usage(usage) if "input_tokens" in usage else CHAT.usage(usage)


def _object_at(data: bytes) -> dict[str, Any] | None:
    """The object that some bytes begin with; None where its end is not there."""
    try:
        value, _ = json.JSONDecoder().raw_decode(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
