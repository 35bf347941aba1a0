"""The bytes of a provider's answer with the originals in the place of placeholders, JSON or a stream.

What holds no placeholder passes as the bytes that came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gateway.dialects.sse import MAX_EVENT_BYTES, EventBuffer, data_of, parsed_event, sse_event
from gateway.requests.bodies.body import json_object
from token_optimizer.masking.bodies import restored_payload
from token_optimizer.masking.placeholders import Originals
from token_optimizer.masking.streams.by_dialect import RESTORERS
from token_optimizer.models import Dialect

_DONE = b"[DONE]"


def _may_begin(data: bytes) -> bool:
    """Whether a placeholder may begin in it, as it is or as JSON escapes its bracket."""
    return b"<" in data or b"\\u003" in data


class RestoredAnswer:
    """Reads along one answer."""

    def __init__(self, dialect: Dialect, originals: Originals) -> None:
        self._is_named = dialect != "openai"
        self._originals = originals
        self._restorer = RESTORERS[dialect](originals)
        self._pending = EventBuffer()

    def whole(self, body: bytes) -> bytes:
        """An answer that is no stream."""
        payload = json_object(body) if _may_begin(body) else None
        if payload is None:
            return body
        restored = restored_payload(payload, self._originals)
        return body if restored == payload else orjson.dumps(restored)

    def piece(self, data: bytes, *, last: bool = False) -> bytes:
        """What passes of a stream now."""
        passed = [self._passed(event) for event in self._pending.feed(data)]
        if len(self._pending) > MAX_EVENT_BYTES:
            passed.append(self._pending.rest())
        if last:
            passed += [self._events(self._restorer.closing()), self._pending.rest()]
        return b"".join(passed)

    def _passed(self, event: bytes) -> bytes:
        if not self._restorer.reads_all and not _may_begin(event):
            return event
        if data_of(event) == _DONE:
            return self._events(self._restorer.closing()) + event
        payload = parsed_event(event)
        if not payload:
            return event
        events = self._restorer.passed(payload)
        return event if events == [payload] else self._events(events)

    def _events(self, payloads: Sequence[Mapping[str, Any]]) -> bytes:
        return b"".join(sse_event(payload, named=self._is_named) for payload in payloads)
