"""Streams: passed on as the bytes come, while the usage and the closing event are noted.

A stream without its closing event (`data: [DONE]`, `message_stop`) is not whole, however it ended.
Where usage was asked for on the client's behalf, what only that brought is taken out again: the chunk that
holds nothing but usage, and the `"usage":null` of the others. The client sees what it would have seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.usage import NOT_SAID, Usage, usage_of
from token_optimizer.models import Dialect

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)
_DATA_LINE = re.compile(rb"^data:[ ]?(.*?)\r?$", re.MULTILINE)
# In JSON a quote within a text is escaped, so these bytes are always a member and never a text.
_NULL_USAGE = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,\s*')
# An event that never ends is passed on unread rather than kept.
_LONGEST_EVENT_BYTES = 8_000_000


class StreamTap:
    """Reads along a stream of one dialect. `strip_usage`: take out what asking for usage added."""

    def __init__(self, dialect: Dialect, *, strip_usage: bool = False) -> None:
        self.finished = False
        self.failed = False
        self._dialect: Dialect = dialect
        self._strip_usage = strip_usage
        self._pending = b""
        self._usage: dict[str, Any] = {}

    @property
    def usage(self) -> Usage:
        """What the provider billed, as far as it has said."""
        return usage_of(self._usage, self._dialect) if self._usage else NOT_SAID

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on now: the same ones, or whole events where some are taken out."""
        pending = self._pending + data
        passed = []
        end = 0
        for found in _EVENT.finditer(pending):
            passed.append(self._noted(found[0]))
            end = found.end()
        self._pending = pending[end:]
        if not self._strip_usage:
            if len(self._pending) > _LONGEST_EVENT_BYTES:
                self._pending = b""
            return data
        if len(self._pending) > _LONGEST_EVENT_BYTES:
            passed.append(self.rest())
        return b"".join(passed)

    def rest(self) -> bytes:
        """What is left when the stream ends within an event."""
        left, self._pending = self._pending, b""
        return left if self._strip_usage else b""

    def _noted(self, event: bytes) -> bytes:
        """The event as the client is to see it."""
        if self._dialect == "anthropic":
            self._note_anthropic(event)
            return event
        return self._note_openai(event)

    def _note_openai(self, event: bytes) -> bytes:
        if event.lstrip().startswith(b"data:") and b"[DONE]" in event:
            self.finished = self.finished or _data_of(event) == b"[DONE]"
        if b'"error"' in event and _parsed(event).get("error"):
            self.failed = True
        if b'"usage"' not in event:
            return event
        chunk = _parsed(event)
        if isinstance(chunk.get("usage"), Mapping):
            self._usage = dict(chunk["usage"])
            return b"" if self._strip_usage and chunk.get("choices") == [] else event
        if self._strip_usage and "usage" in chunk:
            return _NULL_USAGE.sub(b"", event, count=1)
        return event

    def _note_anthropic(self, event: bytes) -> None:
        if b"message_st" not in event and b'"usage"' not in event and b'"error"' not in event:
            return
        payload = _parsed(event)
        kind = payload.get("type")
        self.finished = self.finished or kind == "message_stop"
        self.failed = self.failed or kind == "error"
        if kind == "message_start":
            self._merge_usage((payload.get("message") or {}).get("usage"))
        elif kind == "message_delta":
            self._merge_usage(payload.get("usage"))

    def _merge_usage(self, usage: object) -> None:
        """Later numbers are running totals, and replace earlier ones."""
        if isinstance(usage, Mapping):
            self._usage |= {name: value for name, value in usage.items() if value is not None}


def _data_of(event: bytes) -> bytes:
    """The event's data lines, joined as SSE says."""
    return b"\n".join(_DATA_LINE.findall(event)).strip()


def _parsed(event: bytes) -> dict[str, Any]:
    """The event's data; empty where it is no JSON object."""
    try:
        value = orjson.loads(_data_of(event))
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
