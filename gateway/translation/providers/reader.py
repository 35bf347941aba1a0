"""What a provider's answer is read by: whole, or as its stream comes in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.dialects.sse import MAX_EVENT_BYTES, EventBuffer, data_of, parsed_event
from gateway.errors import UpstreamFailed
from gateway.translation.pivot.events import Event


class StreamReader(ABC):
    """Reads along one stream of a provider."""

    @abstractmethod
    def feed(self, data: bytes) -> Iterator[Event]:
        """What the bytes that came say."""

    def end(self) -> Iterator[Event]:
        """What it says that the stream is over, where that alone says something."""
        return iter(())


class SseReader(StreamReader):
    """Reads a stream of server-sent events, each of which is a JSON object."""

    def __init__(self) -> None:
        self._pending = EventBuffer()

    def feed(self, data: bytes) -> Iterator[Event]:
        for event in self._pending.feed(data):
            payload = parsed_event(event)
            yield from self.events(payload) if payload else self.mark(data_of(event))
        if len(self._pending) > MAX_EVENT_BYTES:
            raise UpstreamFailed(f"an event of the provider is longer than {MAX_EVENT_BYTES // 10**6} MB")

    @abstractmethod
    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        """What one event says."""

    def mark(self, data: bytes) -> Iterator[Event]:
        """What an event says that is no object: comments, and the mark of the end."""
        return iter(())
