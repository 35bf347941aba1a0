"""Both groups of a config's conversations side by side, with what that shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from optimizer_app.holdout.groups import HELD_OUT, OPTIMIZED
from optimizer_app.holdout.measures import group_sums
from optimizer_app.holdout.statistics import MIN_UNITS, Difference, difference, ratio
from optimizer_app.holdout.sums import EMPTY_GROUP, GroupSums, Sums
from optimizer_app.models import OptimizationConfig
from optimizer_app.rollups.windows import Window

_NOTHING = Sums(0, 0, 0, 0, 0, 0)


class Unit(StrEnum):
    """What a metric's figures are."""

    USD = "usd"
    COUNT = "count"
    TOKENS = "tokens"
    MILLISECONDS = "ms"
    SHARE = "share"
    SCORE = "score"


class Verdict(StrEnum):
    """What a comparison says of one metric."""

    UNKNOWN = "unknown"  # one of the groups has nothing of it
    TOO_FEW = "too_few"
    NOT_SHOWN = "not_shown"
    LOWER = "lower"  # in the optimized group
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Metric:
    """`lower_is_better` is None where neither is."""

    name: str
    title: str
    unit: Unit
    lower_is_better: bool | None = True


METRICS = (
    Metric("cost", "Cost per conversation", Unit.USD),
    Metric("requests", "Requests per conversation", Unit.COUNT),
    Metric("input_tokens", "Input tokens per conversation", Unit.TOKENS),
    Metric("output_tokens", "Output tokens per conversation", Unit.TOKENS, None),
    Metric("latency", "Time per request", Unit.MILLISECONDS),
    Metric("errors", "Requests with an error", Unit.SHARE),
    Metric("cut_off", "Answers cut off at their length", Unit.SHARE),
    Metric("invalid_calls", "Tool calls that do not fit their schema", Unit.SHARE),
    Metric("repeated_calls", "Tool calls made again, per request", Unit.COUNT),
    Metric("retries", "Requests that the client sent again", Unit.SHARE),
    Metric("feedback", "Feedback, from −1 to 1", Unit.SCORE, lower_is_better=False),
)


@dataclass(frozen=True, slots=True)
class ComparedMetric:
    """The figures of both groups; None where a group has nothing of it. `units` are the conversations in
    which there was any of it."""

    metric: Metric
    held_out: float | None
    optimized: float | None
    difference: Difference | None
    units: int

    @property
    def verdict(self) -> Verdict:
        if self.held_out is None or self.optimized is None:
            return Verdict.UNKNOWN
        if self.difference is None:
            return Verdict.TOO_FEW
        if not self.difference.is_shown:
            return Verdict.NOT_SHOWN
        return Verdict.HIGHER if self.difference.value > 0 else Verdict.LOWER

    @property
    def is_worse(self) -> bool:
        """Whether the optimized group is shown to do worse."""
        if self.metric.lower_is_better is None:
            return False
        return self.verdict is (Verdict.HIGHER if self.metric.lower_is_better else Verdict.LOWER)

    def share(self, value: float) -> float | None:
        """A difference as a share of the held-out group's figure; None where that is 0."""
        return value / abs(self.held_out) if self.held_out else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both groups of one config over a window."""

    held_out: GroupSums
    optimized: GroupSums
    metrics: Sequence[ComparedMetric]

    @property
    def is_large_enough(self) -> bool:
        return min(self.held_out.conversations, self.optimized.conversations) >= MIN_UNITS


def compared(config: OptimizationConfig, window: Window) -> Comparison:
    """The comparison of the config's requests in the window, whatever its version."""
    groups = group_sums(config.project_id, config.name, window)
    held_out, optimized = groups.get(HELD_OUT, EMPTY_GROUP), groups.get(OPTIMIZED, EMPTY_GROUP)
    return Comparison(held_out, optimized, [_compared(metric, held_out, optimized) for metric in METRICS])


def _compared(metric: Metric, held_out: GroupSums, optimized: GroupSums) -> ComparedMetric:
    first, second = (group.sums.get(metric.name, _NOTHING) for group in (held_out, optimized))
    found = difference(first, second) if first.of and second.of else None
    return ComparedMetric(metric, ratio(first), ratio(second), found, first.units + second.units)
