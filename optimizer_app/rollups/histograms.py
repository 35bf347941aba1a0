"""Histograms with fixed bins, which can be added, and the percentiles that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

# Each latency bin is 19% wider than the one before it, from half a millisecond to 27 seconds.
LATENCY_BOUNDS = tuple(round(0.5 * 2 ** (number / 4), 4) for number in range(64))
LATENCY_BINS = len(LATENCY_BOUNDS) + 1
SHARE_BINS = 20
# The last one is for prompts that grew.
RATIO_BINS = SHARE_BINS + 1

Edges = Sequence[tuple[float, float]]
SHARE_EDGES: Edges = [(number / SHARE_BINS, (number + 1) / SHARE_BINS) for number in range(SHARE_BINS)]


def added(histograms: Iterable[Sequence[int]], bins: int) -> list[int]:
    """The histograms as one."""
    return [sum(column) for column in zip(*histograms, strict=True)] or [0] * bins


def latency_percentile(
    bins: Sequence[int], share: float, low: float | None, high: float | None
) -> float | None:
    """The latency that `share` of the requests stay below; `low` and `high` are the least and most seen."""
    if low is None or high is None:
        return None
    edges = list(pairwise((0.0, *LATENCY_BOUNDS, max(high, LATENCY_BOUNDS[-1]))))
    found = percentile(bins, edges, share)
    return None if found is None else min(max(found, low), high)


def percentile(bins: Sequence[int], edges: Edges, share: float) -> float | None:
    """The value at `share` of the way, as if those of a bin were spread evenly over it."""
    rank = share * (sum(bins) - 1)
    for (low, high), count, up_to in zip(edges, bins, accumulate(bins), strict=True):
        if count and rank <= up_to - 0.5:
            within = (rank - (up_to - count) + 0.5) / count
            return low + (high - low) * min(max(within, 0.0), 1.0)
    return None
