"""Counts: what is added to counters and histograms in one go."""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections.abc import Sequence

from optimizer_app.metrics.catalog import Metric

# A metric, its project where it has one, and the values of its other labels.
Series = tuple[Metric, uuid.UUID | None, tuple[str, ...]]


class Counts(dict[Series, list[float]]):
    """Sums by series: one of a counter; of a histogram those of its buckets, and of what was seen."""

    def add(
        self, metric: Metric, amount: float, labels: Sequence[str] = (), project: uuid.UUID | None = None
    ) -> None:
        """Add to a counter; nothing leaves no series."""
        if amount:
            self._sums((metric, project, tuple(labels)))[0] += amount

    def observe(self, metric: Metric, seconds: float | None, *labels: str) -> None:
        """Put a value into its bucket; None where it is not known."""
        if seconds is None:
            return
        sums = self._sums((metric, None, labels))
        sums[bisect_left(metric.bounds, seconds)] += 1
        sums[-1] += seconds

    def _sums(self, series: Series) -> list[float]:
        sums = self.get(series)
        if sums is None:
            sums = self[series] = [0.0] * series[0].width
        return sums
