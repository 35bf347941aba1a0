"""StreamJoiner: the streams of several calls of the provider, as one stream for the client.

What the model says passes as it comes. Its calls of `read_back` are held back, and so are the events that
close a round with such a call in it: whether the answer goes on is known only then. A stream without such a
call passes byte for byte.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from gateway.dialects.base import ApiDialect
from gateway.dialects.sse import MAX_EVENT_BYTES, whole_events
from token_optimizer.optimizer.reading_back.answers import added_usage


class StreamJoiner(ABC):
    """Joins streams of one dialect. `has_calls`: the round that runs has calls of `read_back` in it.

    `visible` is what the client has been told in earlier rounds, as answers without the calls.
    """

    def __init__(self, dialect: ApiDialect, *, strip_usage: bool = False) -> None:
        self._dialect = dialect
        self._strip_usage = strip_usage
        self._tap = dialect.tap(strip_usage=strip_usage)
        self._pending = b""
        self._earlier_usage: Mapping[str, Any] = {}
        self.round = 0
        self.has_calls = False

    @property
    def finished(self) -> bool:
        """Whether the closing event of this round came."""
        return self._tap.finished

    @property
    def failed(self) -> bool:
        return self._tap.failed

    @property
    def usage(self) -> Mapping[str, Any]:
        """The `usage` of this round, as far as the stream has said."""
        return self._tap.usage

    @property
    def total_usage(self) -> Mapping[str, Any]:
        """The `usage` of this round and all before it."""
        if not self._earlier_usage:
            return self.usage
        return added_usage(self._earlier_usage, self.usage, self._dialect.name)

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on now."""
        events, self._pending = whole_events(self._pending + data)
        passed = [self._passed(event) for event in events]
        if len(self._pending) > MAX_EVENT_BYTES:
            passed.append(self.rest())
        return b"".join(passed)

    def rest(self) -> bytes:
        """What is left when the stream ends within an event."""
        left, self._pending = self._pending, b""
        return left

    def go_on(self) -> None:
        """The events to come are of the next round. What was held back of this one is gone."""
        self._earlier_usage = self.total_usage
        self._tap = self._dialect.tap(strip_usage=self._strip_usage)
        self._pending = b""
        self.round += 1
        self.has_calls = False
        self.start_round()

    def _passed(self, event: bytes) -> bytes:
        seen = self._tap.note(event)
        return self.relayed(seen) if seen else b""

    @abstractmethod
    def start_round(self) -> None:
        """Forget what belonged to the round before."""

    @abstractmethod
    def relayed(self, event: bytes) -> bytes:
        """One event as the client is to see it now; empty where it is held back."""

    @abstractmethod
    def answer(self) -> dict[str, Any]:
        """The round that has ended, as a whole answer."""

    @abstractmethod
    def closing(self) -> bytes:
        """The events that close the stream of a round whose calls were taken out."""

    @abstractmethod
    def error(self, status: int, payload: Mapping[str, Any]) -> bytes:
        """The event that tells of an error with which the provider refused a later round."""
