"""Streams: passed on as the bytes come, while the usage and the closing event are noted.

A stream without its closing event is not whole, however it ended.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import orjson

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)
_DATA_LINE = re.compile(rb"^data:[ ]?(.*?)\r?$", re.MULTILINE)
# An event that never ends is passed on unread rather than kept.
MAX_EVENT_BYTES = 8_000_000


class StreamTap(ABC):
    """Reads along one stream. `finished`: its closing event came; `failed`: it reported an error.

    `usage` is the `usage` object, as far as the stream has said. With `holds_events` the bytes are passed on
    by whole events, some of which `note` may take out.
    """

    def __init__(self, *, holds_events: bool = False) -> None:
        self.finished = False
        self.failed = False
        self.usage: Mapping[str, Any] = {}
        self._holds_events = holds_events
        self._pending = b""

    @abstractmethod
    def note(self, event: bytes) -> bytes:
        """Read one event, and return it as the client is to see it."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on now: the same ones, or whole events where some are taken out."""
        events, self._pending = whole_events(self._pending + data)
        passed = [self.note(event) for event in events]
        if not self._holds_events:
            if len(self._pending) > MAX_EVENT_BYTES:
                self._pending = b""
            return data
        if len(self._pending) > MAX_EVENT_BYTES:
            passed.append(self.rest())
        return b"".join(passed)

    def rest(self) -> bytes:
        """What is left when the stream ends within an event."""
        left, self._pending = self._pending, b""
        return left if self._holds_events else b""


def whole_events(data: bytes) -> tuple[list[bytes], bytes]:
    """The events that are whole, and the beginning of the next one."""
    events = []
    end = 0
    for found in _EVENT.finditer(data):
        events.append(found[0])
        end = found.end()
    return events, data[end:]


def data_of(event: bytes) -> bytes:
    """The event's data lines, joined as SSE says."""
    return b"\n".join(_DATA_LINE.findall(event)).strip()


def parsed_event(event: bytes) -> dict[str, Any]:
    """The event's data; empty where it is no JSON object."""
    try:
        value = orjson.loads(data_of(event))
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def sse_event(payload: Mapping[str, Any], *, named: bool) -> bytes:
    """An event with this data; `named`: after the data's own `type`."""
    name = b"event: %s\n" % str(payload["type"]).encode() if named else b""
    return b"%sdata: %s\n\n" % (name, orjson.dumps(payload))
