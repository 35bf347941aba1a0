"""What the streams of all dialects have in common: texts that come in pieces, and a piece held back at most.

A placeholder may be split over pieces. Its beginning is held back until the rest shows what it is: never
more characters than the longest placeholder of the request has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Any

from token_optimizer.masking.placeholders import Originals


class StreamRestorer(ABC):
    """Reads along one stream."""

    def __init__(self, originals: Originals) -> None:
        self.originals = originals
        self._held: dict[Hashable, str] = {}

    @property
    def reads_all(self) -> bool:
        """Whether an event matters in which no placeholder begins."""
        return bool(self._held)

    @abstractmethod
    def passed(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The events to pass on for one that came."""

    @abstractmethod
    def closing(self) -> list[dict[str, Any]]:
        """The events that bring what is held back still, where the stream ends without saying so."""

    def piece(self, channel: Hashable, text: str, *, is_json: bool = False) -> str:
        """What passes now of a channel's text, with the piece that came."""
        text = self._held.pop(channel, "") + text
        kept = self.originals.unfinished(text, is_json=is_json)
        if kept:
            self._held[channel] = text[-kept:]
            text = text[:-kept]
        return self.originals.restored_json(text) if is_json else self.originals.restored(text)

    def rest(self, channel: Hashable) -> str:
        """What was held back of a channel that has ended: no placeholder after all."""
        return self._held.pop(channel, "")
