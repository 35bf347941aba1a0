"""How long Anthropic keeps what a breakpoint marks, and which lifetime pays for a prefix, if any does.

A write costs more than plain input and a read less, so that a prefix pays once it is read often enough. It is
expected to come again as often as it has come already, after the gap that was usual so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Clocks, queues and the time until a provider begins to answer lie between two turns as we see them.
_SAFE_SHARE = 0.9


class Lifetime(StrEnum):
    """The lifetimes that there are, the shorter first."""

    MINUTES = "5m"
    HOUR = "1h"

    @property
    def seconds(self) -> int:
        return 300 if self is Lifetime.MINUTES else 3600


@dataclass(frozen=True, slots=True)
class CacheCosts:
    """US dollars a token, of a model that caches what is marked."""

    input_usd: float
    read_usd: float
    write_usd: float
    hour_write_usd: float

    def pays(self, lifetime: Lifetime, reads: int) -> bool:
        """Whether writing a token pays when it is read so many times."""
        write = self.write_usd if lifetime is Lifetime.MINUTES else self.hour_write_usd
        return reads * (self.input_usd - self.read_usd) > write - self.input_usd


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often a prefix came within the last hour before this time, and the usual gap between two times."""

    times: int = 0
    gap_seconds: float = 0.0


def lifetime_that_pays(
    recurrence: Recurrence, costs: CacheCosts, usual_seconds: int = Lifetime.MINUTES.seconds
) -> Lifetime | None:
    """The shortest lifetime that outlasts the gap; None where it does not pay, or none is long enough.
    `usual_seconds` is how long the provider keeps what is marked without a lifetime."""
    for lifetime in Lifetime:
        seconds = usual_seconds if lifetime is Lifetime.MINUTES else lifetime.seconds
        if recurrence.gap_seconds <= _SAFE_SHARE * seconds:
            return lifetime if costs.pays(lifetime, recurrence.times) else None
    return None
