"""EventQueue: events that wait in memory, bounded by their number and by their size."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

MAX_EVENTS = 10_000
MAX_BYTES = 64 * 1024 * 1024


class EventQueue:
    """Lines in order. One that finds no room takes that of the oldest. Not for several threads at once."""

    def __init__(self, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lines: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._lines)

    def append(self, line: bytes) -> int:
        """Add a line; how many of the oldest were lost for it."""
        self._lines.append(line)
        self._bytes += len(line)
        lost = 0
        while len(self._lines) > self._max_events or self._bytes > self._max_bytes:
            self._take_first()
            lost += 1
        return lost

    def take(self, count: int) -> list[bytes]:
        """The oldest lines, which wait no longer."""
        return [self._take_first() for _ in range(min(count, len(self._lines)))]

    def is_filling(self, share: float) -> bool:
        """Whether more than a share of the room is taken."""
        return len(self._lines) >= share * self._max_events or self._bytes >= share * self._max_bytes

    def _take_first(self) -> bytes:
        line = self._lines.popleft()
        self._bytes -= len(line)
        return line
