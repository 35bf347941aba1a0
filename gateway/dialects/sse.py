"""Streams: passed on as the bytes come, while the usage and the closing event are noted.

A stream without its closing event is not whole, however it ended.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import orjson

from gateway.dialects.edits import Edit

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_MAX_END_BYTES = 4
_DATA = b"data:"
# An event that never ends is passed on unread rather than kept.
MAX_EVENT_BYTES = 8_000_000
_BYTES_PER_TOKEN = 4


def text_member(*names: bytes) -> re.Pattern[bytes]:
    """Finds the text of a member of one of these names in an event's JSON."""
    return re.compile(rb'"(?:%s)"\s*:\s*"((?:[^"\\]|\\.)+)"' % b"|".join(names))


class EventBuffer:
    """The bytes of a stream, which come in any pieces, as whole events. Each byte is looked at once."""

    def __init__(self) -> None:
        self._held = bytearray()

    def __len__(self) -> int:
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The events that are whole now."""
        unread = max(0, len(self._held) - _MAX_END_BYTES + 1)
        self._held += data
        ends = [found.end() for found in _EVENT_END.finditer(self._held, unread)]
        events = [bytes(self._held[start:end]) for start, end in pairwise([0, *ends])]
        if ends:
            del self._held[: ends[-1]]
        return events

    def rest(self) -> bytes:
        """What is left when the stream ends within an event."""
        left = bytes(self._held)
        self._held.clear()
        return left


class StreamTap(ABC):
    """Reads along one stream. `finished`: its closing event came; `failed`: it reported an error.

    `usage` is the `usage` object, as far as the stream has said, and `edits` what it says that the provider
    did to the conversation. With `holds_events` the bytes are passed on by whole events, some of which `note`
    may take out.
    """

    # Finds the text that one event adds to the answer.
    text: ClassVar[re.Pattern[bytes]]

    def __init__(self, *, holds_events: bool = False) -> None:
        self.finished = False
        self.failed = False
        self.usage: Mapping[str, Any] = {}
        self.edits: list[Edit] = []
        self._holds_events = holds_events
        self._text_bytes = 0
        self._pending = EventBuffer()

    @property
    def answer_tokens(self) -> int:
        """How many tokens of the answer came, estimated by the length of its texts."""
        return -(-self._text_bytes // _BYTES_PER_TOKEN)

    def see(self, event: bytes) -> bytes:
        """`note` an event, and count its text."""
        if found := self.text.search(event):
            self._text_bytes += len(found[1])
        return self.note(event)

    @abstractmethod
    def note(self, event: bytes) -> bytes:
        """Read one event, and return it as the client is to see it."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on now: the same ones, or whole events where some are taken out."""
        passed = [self.see(event) for event in self._pending.feed(data)]
        if len(self._pending) > MAX_EVENT_BYTES:
            passed.append(self._pending.rest())
        return b"".join(passed) if self._holds_events else data

    def rest(self) -> bytes:
        """What is left when the stream ends within an event."""
        left = self._pending.rest()
        return left if self._holds_events else b""


def data_of(event: bytes) -> bytes:
    """The event's data lines, joined as SSE says."""
    lines = [line for line in event.split(b"\n") if line.startswith(_DATA)]
    return b"\n".join([line[len(_DATA) :].removesuffix(b"\r").removeprefix(b" ") for line in lines]).strip()


def parsed_event(event: bytes) -> dict[str, Any]:
    """The event's data; empty where it is no JSON object."""
    return parsed_data(data_of(event))


def parsed_data(data: bytes) -> dict[str, Any]:
    """The JSON object that an event's data are; empty where they are none."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def sse_event(payload: Mapping[str, Any], *, named: bool) -> bytes:
    """An event with this data; `named`: after the data's own `type`."""
    name = b"event: %s\n" % str(payload["type"]).encode() if named else b""
    return b"%sdata: %s\n\n" % (name, orjson.dumps(payload))
