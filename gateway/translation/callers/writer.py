"""How an answer is written in a caller's dialect: whole, or event by event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from gateway.translation.pivot.events import Ended, Event, Failed


class StreamWriter(ABC):
    """Writes one stream. It writes nothing more once it has ended or failed."""

    def __init__(self) -> None:
        self.is_over = False

    def write(self, event: Event) -> bytes:
        """The bytes with which the caller learns of an event."""
        if self.is_over:
            return b""
        self.is_over = isinstance(event, Ended | Failed)
        return b"".join(self.pieces(event))

    @abstractmethod
    def pieces(self, event: Event) -> Iterator[bytes]:
        """The events of the caller's dialect that tell of one event."""
