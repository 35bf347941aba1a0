"""How many bytes of request bodies one worker holds at a time: of all callers, and of each.

A body is held from its first byte to the end of its request. Whoever sends more at once is told to come back,
and those of others go on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from gateway.errors import TooManyBytes, Unavailable

MAX_BYTES = 512 * 1024 * 1024
MAX_BYTES_OF_ONE = 192 * 1024 * 1024


@dataclass(slots=True)
class BytesInFlight:
    """The bytes that this worker holds, by the key that sent them; None: callers who are not known yet."""

    max_bytes: int = MAX_BYTES
    max_bytes_of_one: int = MAX_BYTES_OF_ONE
    _total: int = 0
    _of: Counter[UUID | None] = field(default_factory=Counter)

    def add(self, owner: UUID | None, count: int) -> None:
        """Hold so many more; nothing is held where they are refused."""
        if self._of[owner] + count > self.max_bytes_of_one:
            raise TooManyBytes(
                f"this key's requests hold {self.max_bytes_of_one // 1024**2} MB at a time at most; try again"
            )
        if self._total + count > self.max_bytes:
            raise Unavailable("this server holds as many large requests as it can; try again")
        self._of[owner] += count
        self._total += count

    def release(self, owner: UUID | None, count: int) -> None:
        self._of[owner] -= count
        self._total -= count
        if not self._of[owner]:
            del self._of[owner]


@dataclass(slots=True)
class HeldBytes:
    """What one request holds. Its `owner`, where there is one, is known before any of it is read."""

    in_flight: BytesInFlight = field(default_factory=BytesInFlight)
    owner: UUID | None = None
    _count: int = 0

    def add(self, count: int) -> None:
        self.in_flight.add(self.owner, count)
        self._count += count

    def release(self) -> None:
        self.in_flight.release(self.owner, self._count)
        self._count = 0
