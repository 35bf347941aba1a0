"""A stream read along as the whole answer that it comes to."""

from __future__ import annotations

from typing import Any

import structlog

from gateway.dialects.base import ApiDialect
from gateway.dialects.sse import MAX_EVENT_BYTES, EventBuffer, parsed_event
from token_optimizer.optimizer.reading_back.streams.by_dialect import JOINERS

log = structlog.get_logger(__name__)


class StreamedAnswer:
    """Reads what passes; whatever it cannot read ends the reading and nothing else."""

    def __init__(self, dialect: ApiDialect) -> None:
        self._joiner = JOINERS[dialect.name]()
        self._pending = EventBuffer()
        self._is_readable = True

    def read(self, piece: bytes) -> None:
        """The next bytes of the stream."""
        if not self._is_readable:
            return
        try:
            for event in self._pending.feed(piece):
                if (payload := parsed_event(event)) and not payload.get("error"):
                    self._joiner.passed(payload)
            self._is_readable = len(self._pending) <= MAX_EVENT_BYTES
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # The provider's events are its own; the type alone, since a message could quote them.
            log.warning("answer_unreadable", error=type(error).__name__)
            self._is_readable = False

    def whole(self) -> dict[str, Any]:
        """The answer; empty where the stream could not be read."""
        return self._joiner.answer() if self._is_readable else {}
