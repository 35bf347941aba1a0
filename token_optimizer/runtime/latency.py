"""The latency budget: how much of `max_latency_ms` a request has left, and what the expensive work takes.

The cheap rules always run. Work that takes long asks first: its time is estimated from how fast it went
before in this process, and it is skipped where that does not fit, which the trace says.

Before: 320 ms are left, and 60,000 tokens of prose to compress at 15 ms for 1,000 of them
After:  the stage is skipped, "would take about 900 ms, 320 ms are left; would have saved about 2,100 tokens"
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from token_optimizer.errors import StageSkipped
from token_optimizer.models import WhyNot

# How far one measurement of 1,000 tokens or more moves the estimate; one of fewer moves it by less.
_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work, with a first guess of its time: for 1,000 tokens, and once for what it has to load."""

    name: str
    ms_per_1k: float
    loading_ms: float


MEANING = Work("meaning", 5.0, 300.0)
EXTRACTIVE = Work("extractive", 25.0, 300.0)
# By a summarizer of the package sumy.
SUMY = Work("sumy", 60.0, 300.0)
LLMLINGUA = Work("llmlingua", 4_500.0, 12_000.0)


class Speeds:
    """How fast each kind of work is in this process, in ms for 1,000 tokens. Safe across threads."""

    def __init__(self) -> None:
        self._ms_per_1k: dict[str, float] = {}
        self._loaded: set[str] = set()
        self._lock = threading.Lock()

    def estimate_ms(self, work: Work, tokens: int) -> float:
        """What the work would take on so many tokens, with the loading where it was not done yet."""
        loading = 0.0 if work.name in self._loaded else work.loading_ms
        return loading + self._ms_per_1k.get(work.name, work.ms_per_1k) * tokens / 1000

    def measured(self, work: Work, tokens: int, ms: float) -> None:
        """Learn from work that was done. The first time says nothing: it held the loading."""
        with self._lock:
            if work.name in self._loaded and tokens:
                known = self._ms_per_1k.get(work.name, work.ms_per_1k)
                weight = _WEIGHT * min(1.0, tokens / 1000)
                self._ms_per_1k[work.name] = known + weight * (1000 * ms / tokens - known)
            self._loaded.add(work.name)

    def unloaded(self, work: Work) -> None:
        """Note that the work has to load again what it needs."""
        with self._lock:
            self._loaded.discard(work.name)


SPEEDS = Speeds()


@dataclass(frozen=True, slots=True)
class Latency:
    """The time of one request, which begins when this is made. `clock` counts seconds."""

    limit_ms: float
    clock: Callable[[], float] = perf_counter
    speeds: Speeds = SPEEDS
    started: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "started", self.clock())

    def spent_ms(self) -> float:
        """The time since the request began."""
        return (self.clock() - self.started) * 1000

    def left_ms(self) -> float:
        """What is left of the time; 0 where it is used up."""
        return max(0.0, self.limit_ms - self.spent_ms())

    def fits(self, work: Work, tokens: int) -> bool:
        """Whether the work on so many tokens is expected to be done in time."""
        return self.speeds.estimate_ms(work, tokens) <= self.left_ms()

    def why_not(self, work: Work, tokens: int, saves: int = 0) -> str:
        """What the trace says of work that does not fit."""
        needed = self.speeds.estimate_ms(work, tokens)
        told = f"would take about {needed:,.0f} ms, {self.left_ms():,.0f} ms are left"
        return f"{told}; would have saved about {saves:,} tokens" if saves else told

    def demand(self, work: Work, tokens: int) -> None:
        """StageSkipped where the work does not fit."""
        if not self.fits(work, tokens):
            raise StageSkipped(self.why_not(work, tokens), WhyNot.OVER_TIME)

    @contextmanager
    def measuring(self, work: Work, tokens: int) -> Iterator[None]:
        """Learn how long the work in this block takes; one that fails teaches nothing."""
        started = self.spent_ms()
        yield
        self.speeds.measured(work, tokens, self.spent_ms() - started)
