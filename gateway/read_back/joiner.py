"""The bytes of several streams of a provider, as those of one stream for the client.

What changes nothing passes as the bytes that came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.dialects.base import ApiDialect
from gateway.dialects.edits import Edit
from gateway.dialects.sse import MAX_EVENT_BYTES, EventBuffer, data_of, parsed_data, sse_event
from token_optimizer.optimizer.reading_back.streams.by_dialect import JOINERS

_DONE = b"[DONE]"


class JoinedStream:
    """Reads along the streams of one request, round by round. `strip_usage`: usage was asked for on the
    client's behalf, and is taken out."""

    def __init__(self, dialect: ApiDialect, *, strip_usage: bool = False) -> None:
        self._dialect = dialect
        self._strip_usage = strip_usage
        self._tap = dialect.tap(strip_usage=strip_usage)
        self._joiner = JOINERS[dialect.name]()
        self._pending = EventBuffer()

    @property
    def finished(self) -> bool:
        """Whether the closing event of this round came."""
        return self._tap.finished

    @property
    def failed(self) -> bool:
        return self._tap.failed

    @property
    def has_calls(self) -> bool:
        """Whether this round has calls of `read_back`."""
        return self._joiner.has_calls

    @property
    def usage(self) -> Mapping[str, Any]:
        """The `usage` of this round, as far as the stream has said."""
        return self._tap.usage

    @property
    def answer_tokens(self) -> int:
        """How many tokens of this round's answer came, estimated."""
        return self._tap.answer_tokens

    @property
    def edits(self) -> list[Edit]:
        """What this round's stream says that the provider did to the conversation."""
        return self._tap.edits

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on now."""
        passed = [self._passed(event) for event in self._pending.feed(data)]
        if len(self._pending) > MAX_EVENT_BYTES:
            passed.append(self.rest())
        return b"".join(passed)

    def _passed(self, event: bytes) -> bytes:
        seen = self._tap.see(event)
        data = data_of(seen)
        if data == _DONE:
            return b"" if self.has_calls else seen
        payload = parsed_data(data)
        # Comments say nothing, and an error is the provider's own.
        if not payload or payload.get("error"):
            return seen
        passed = self._joiner.passed(payload)
        if passed is None:
            return b""
        return seen if passed is payload else self._as_event(passed)

    def _as_event(self, payload: Mapping[str, Any]) -> bytes:
        return sse_event(payload, named=self._dialect.name != "openai")

    def rest(self) -> bytes:
        """What is left when the stream ends within an event."""
        return self._pending.rest()

    def go_on(self) -> None:
        """The bytes to come are of the next round."""
        self._joiner.go_on()
        self._tap = self._dialect.tap(strip_usage=self._strip_usage)
        self._pending = EventBuffer()

    def answer(self) -> dict[str, Any]:
        """The round that has ended, as a whole answer."""
        return self._joiner.answer()

    def closing(self) -> bytes:
        """The events that close a round whose calls were taken out."""
        events = b"".join(self._as_event(event) for event in self._joiner.closing())
        return events + (b"data: %s\n\n" % _DONE if self._dialect.name == "openai" else b"")

    def error(self, payload: Mapping[str, Any]) -> bytes:
        """The event that tells of an error with which the provider refused a later round."""
        if self._dialect.name == "openai":
            return self._as_event(payload)
        if self._dialect.name == "anthropic":
            return self._as_event({"type": "error", **payload})
        error = payload.get("error")
        said = error if isinstance(error, Mapping) else {}
        told = {name: said.get(name) for name in ("code", "message", "param")}
        # OpenAI documents the fields beside the type, and SDKs look for the object.
        event = {"type": "error", "sequence_number": -1, **told, "error": error}
        return self._as_event(self._joiner.passed(event) or event)
