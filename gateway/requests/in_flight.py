"""How many bytes of request bodies one worker holds at a time: of all, of each key and of each address.

A body is held from its first byte to the end of its request. Whoever sends more at once is told to come back,
and those of others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from gateway.errors import TooManyBytes, Unavailable

_MB = 1024 * 1024
MAX_BYTES = 512 * _MB


class HeldBy(StrEnum):
    """Whose bytes are counted together."""

    KEY = "this key's requests hold"
    ADDRESS = "this address's requests hold"
    STRANGER = "this address's requests without a key in their headers hold"
    STRANGERS = "requests without a key in their headers hold"


MAX_BYTES_OF: Mapping[HeldBy, int] = {
    HeldBy.KEY: 192 * _MB,
    HeldBy.ADDRESS: 256 * _MB,
    HeldBy.STRANGER: 8 * _MB,
    HeldBy.STRANGERS: 64 * _MB,
}
Holding = tuple[HeldBy, UUID | str | None]


@dataclass(slots=True)
class BytesInFlight:
    """The bytes that this worker holds."""

    max_bytes: int = MAX_BYTES
    max_bytes_of: Mapping[HeldBy, int] = field(default_factory=lambda: MAX_BYTES_OF)
    _total: int = 0
    _of: Counter[Holding] = field(default_factory=Counter)

    def add(self, holdings: Sequence[Holding], count: int) -> None:
        """Hold so many more; nothing is held where they are refused."""
        for holder, name in holdings:
            most = self.max_bytes_of[holder]
            if self._of[holder, name] + count > most:
                raise TooManyBytes(f"{holder} {most // _MB} MB at a time at most; try again")
        if self._total + count > self.max_bytes:
            raise Unavailable("this server holds as many large requests as it can; try again")
        self._total += count
        for holding in holdings:
            self._of[holding] += count

    def release(self, holdings: Sequence[Holding], count: int) -> None:
        self._total -= count
        for holding in holdings:
            self._of[holding] -= count
            if not self._of[holding]:
                del self._of[holding]


@dataclass(slots=True)
class HeldBytes:
    """What one request holds. Its `key`, where it has one in its headers, is known before any of it is read;
    `address` is None for one that is not counted."""

    in_flight: BytesInFlight = field(default_factory=BytesInFlight)
    address: str | None = None
    key: UUID | None = None
    _count: int = 0

    def add(self, count: int) -> None:
        self.in_flight.add(self._holdings, count)
        self._count += count

    def release(self) -> None:
        self.in_flight.release(self._holdings, self._count)
        self._count = 0

    @property
    def _holdings(self) -> list[Holding]:
        if self.key is not None:
            together: Holding = (HeldBy.KEY, self.key)
            alone = HeldBy.ADDRESS
        else:
            together, alone = (HeldBy.STRANGERS, None), HeldBy.STRANGER
        return [together, (alone, self.address)] if self.address else [together]
