"""The geometry of the small charts that the server draws itself, in percent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.traces.routes import ROUTES
from optimizer_app.rollups.figures import Faithfulness, Ratios
from optimizer_app.rollups.histograms import SHARE_BINS

# 20 bins and, after a gap of half a bin, the one for prompts that grew.
_BIN_WIDTH = 100 / (SHARE_BINS + 1.5)
_GAUGE_ENDS = (0.1, 0.25, 0.5, 1.0)
_GAP_PERCENT = 0.3
FAITHFULNESS_TARGET = 0.85


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram; y and height in percent of the plot."""

    x: float
    width: float
    height: float
    count: int
    label: str

    @property
    def y(self) -> float:
        return round(100 - self.height, 3)

    @property
    def is_unfaithful(self) -> bool:
        """Of faithfulness: whether it is below the target."""
        return self.x + self.width / 2 < FAITHFULNESS_TARGET * 100


@dataclass(frozen=True, slots=True)
class Histogram:
    """`dots` stand for single requests where there are too few for bins."""

    bars: tuple[Bar, ...]
    dots: tuple[tuple[float, float], ...]
    band: tuple[float, float]
    median: float | None
    highest: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """A share on a line from 0 to `end`."""

    share: float
    end: float

    @property
    def width(self) -> float:
        return round(self.share / self.end * 100, 3)


@dataclass(frozen=True, slots=True)
class RouteShare:
    """One route in the bar of all requests. `slot` numbers its colour."""

    slot: int
    label: str
    name: str
    count: int
    share: float
    x: float
    width: float


def histogram(ratios: Ratios) -> Histogram:
    highest = max((*ratios.bins, ratios.grew))
    bars = [
        _bar(number * _BIN_WIDTH, count, highest, f"{number * 5}–{number * 5 + 5}% sent")
        for number, count in enumerate(ratios.bins)
    ]
    bars.append(_bar((SHARE_BINS + 0.5) * _BIN_WIDTH, ratios.grew, highest, "grew"))
    return Histogram(
        bars=() if ratios.values else tuple(bar for bar in bars if bar.count),
        dots=tuple(_dots(ratios.values)),
        band=(_at(0.3), round(_at(0.5) - _at(0.3), 3)),
        median=None if ratios.median is None else _at(ratios.median),
        highest=highest,
    )


def faithfulness_bars(scores: Faithfulness) -> list[Bar]:
    """The bins that hold anything, on an axis from 0 to 1."""
    highest, width = max(scores.bins), 100 / SHARE_BINS
    return [
        _bar(
            number * width,
            count,
            highest,
            f"{number / SHARE_BINS:.2f} to {(number + 1) / SHARE_BINS:.2f}",
            width,
        )
        for number, count in enumerate(scores.bins)
        if count
    ]


def gauge(share: float, ends: Sequence[float] = _GAUGE_ENDS) -> Gauge:
    """The line ends at 10%, or as far out as the share needs."""
    return Gauge(share, next(end for end in ends if share <= end))


def route_shares(counts: Mapping[str, int]) -> list[RouteShare]:
    """The routes that were taken, as parts of one bar with gaps between them."""
    requests = sum(counts.values())
    shares: list[RouteShare] = []
    start = 0.0
    for slot, (name, label) in enumerate(ROUTES.items(), 1):
        count = counts.get(name, 0)
        if not count:
            continue
        share = count / requests
        width = max(share * 100 - _GAP_PERCENT, _GAP_PERCENT)
        shares.append(RouteShare(slot, label, name, count, share, round(start, 3), round(width, 3)))
        start += share * 100
    return shares


def _bar(x: float, count: int, highest: int, label: str, width: float = _BIN_WIDTH) -> Bar:
    height = count / highest * 100 if highest else 0
    return Bar(round(x + 0.25, 3), round(width - 0.5, 3), round(max(height, 1.5), 3), count, label)


def _at(ratio: float) -> float:
    """Where a ratio stands on the axis; whatever is above 1 stands in the last bin."""
    if ratio > 1:
        return round((SHARE_BINS + 1) * _BIN_WIDTH, 3)
    return round(ratio * SHARE_BINS * _BIN_WIDTH, 3)


def _dots(values: tuple[float, ...]) -> list[tuple[float, float]]:
    """One dot a request, stacked where several fall into one bin."""
    heights: dict[int, int] = {}
    dots: list[tuple[float, float]] = []
    for value in sorted(values):
        column = min(int(value * SHARE_BINS), SHARE_BINS + 1)
        level = heights[column] = heights.get(column, -1) + 1
        dots.append((_at(value), round(94 - 9 * level, 3)))
    return dots
