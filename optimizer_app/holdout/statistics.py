"""Whether two groups of conversations differ, by Welch's t-test on ratios.

Each figure is a ratio of two sums over conversations (a cost per conversation, a share of calls). Its
variance comes by the delta method from the conversations' pairs: what a conversation has beside the ratio
is its residual (Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics", KDD 2018). The
difference of two ratios has the interval and degrees of freedom of Welch ("The generalization of Student's
problem when several different population variances are involved", Biometrika 1947). Where each conversation
counts once, that is Welch's test itself. The quantile of Student's t is by its expansion in 1/n (Abramowitz
and Stegun, 26.7.5), which from nine degrees of freedom on is right to three digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from optimizer_app.holdout.sums import Sums

CONFIDENCE = 0.95
# A difference that is called detectable would have been shown in so many of all such comparisons.
POWER = 0.8
# With fewer conversations in a group nothing is said.
MIN_UNITS = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """The optimized group's figure less that of the held-out one, with its interval. `detectable` is the
    smallest difference that would likely have been shown."""

    value: float
    low: float
    high: float
    detectable: float

    @property
    def is_shown(self) -> bool:
        return self.low > 0 or self.high < 0


def ratio(sums: Sums) -> float | None:
    """The figure of a group; None where it has nothing that it would be of."""
    return sums.counted / sums.of if sums.of else None


def difference(held_out: Sums, optimized: Sums) -> Difference | None:
    """None where either group is too small to say anything."""
    if min(held_out.units, optimized.units) < MIN_UNITS:
        return None
    value = optimized.counted / optimized.of - held_out.counted / held_out.of
    first, second = _variance(held_out), _variance(optimized)
    error = sqrt(first + second)
    if not error:
        return Difference(value, value, value, 0.0)
    freedom = (first + second) ** 2 / (first**2 / (held_out.units - 1) + second**2 / (optimized.units - 1))
    reach = student_quantile((1 + CONFIDENCE) / 2, freedom)
    seen = (reach + student_quantile(POWER, freedom)) * error
    return Difference(value, value - reach * error, value + reach * error, seen)


def student_quantile(probability: float, freedom: float) -> float:
    """The quantile of Student's t with so many degrees of freedom."""
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def _variance(sums: Sums) -> float:
    """Of the ratio."""
    found = sums.counted / sums.of
    residuals = sums.counted_squared - 2 * found * sums.product + found**2 * sums.of_squared
    return max(0.0, residuals) * sums.units / (sums.units - 1) / sums.of**2
