"""Percentiles from fixed bins."""

from __future__ import annotations

import random
from bisect import bisect_right
from statistics import quantiles

import pytest

from optimizer_app.rollups.histograms import (
    LATENCY_BINS,
    LATENCY_BOUNDS,
    SHARE_EDGES,
    added,
    latency_percentile,
    percentile,
)  # fmt: skip


def binned(values: list[float]) -> list[int]:
    bins = [0] * LATENCY_BINS
    for value in values:
        bins[bisect_right(LATENCY_BOUNDS, value)] += 1
    return bins


@pytest.mark.parametrize("center", [0.2, 3, 40, 900, 40_000])
def test_percentiles_are_within_a_tenth(center: float) -> None:
    draw = random.Random(7)
    values = [draw.lognormvariate(0, 0.6) * center for _ in range(2_000)]
    exact = quantiles(values, n=100, method="inclusive")
    for share in (50, 95, 99):
        found = latency_percentile(binned(values), share / 100, min(values), max(values))
        if center > LATENCY_BOUNDS[-1]:
            assert found is not None
            assert LATENCY_BOUNDS[-1] / 2 < found <= max(values)
        elif center >= 1:
            assert found == pytest.approx(exact[share - 1], rel=0.1)
        else:
            assert found == pytest.approx(exact[share - 1], abs=0.4)


def test_one_value_is_itself() -> None:
    for share in (0.5, 0.95, 0.99):
        assert latency_percentile(binned([38.0]), share, 38.0, 38.0) == 38.0


def test_of_nothing_there_is_none() -> None:
    assert latency_percentile(binned([]), 0.5, None, None) is None
    assert percentile([0] * 20, SHARE_EDGES, 0.5) is None


def test_median_of_shares() -> None:
    bins = [0] * 20
    bins[6] = bins[8] = 10
    assert percentile(bins, SHARE_EDGES, 0.5) == pytest.approx(0.35, abs=0.01)


def test_histograms_add_up() -> None:
    assert added([[1, 0, 2], [0, 3, 1]], 3) == [1, 3, 3]
    assert added([], 3) == [0, 0, 0]
