"""The time series of the overview as its charts draw them: values, and every text that they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import dateformat, timezone

from dashboard.numbers.axes import axis_marks
from dashboard.numbers.formats import UNKNOWN, milliseconds, money, short
from optimizer_app.rollups.figures import Bucket
from optimizer_app.rollups.windows import Window


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its columns by the bucket's field, how values are written, what is drawn for none."""

    name: str
    columns: dict[str, str]
    write: Callable[[Any], str]
    min_step: Decimal
    drawn_for_none: float | None


CHARTS = (
    Chart(
        "tokens",
        {"before": "tokens_before", "sent": "tokens_after"},
        lambda count: short(int(count)),
        Decimal(1),
        drawn_for_none=0,
    ),
    Chart("money", {"gross": "gross_usd", "net": "net_usd"}, money, Decimal("0.0001"), 0),
    Chart(
        "latency",
        {"p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms"},
        milliseconds,
        Decimal("0.1"),
        drawn_for_none=None,
    ),
)


def chart_data(buckets: list[Bucket], window: Window) -> dict[str, Any]:
    """The buckets as columns, a text for each value and time, and the marks of each chart's value axis."""
    data: dict[str, Any] = {
        "step": window.step.total_seconds(),
        "start": [bucket.start.timestamp() for bucket in buckets],
        "when": _times(buckets),
        "texts": {},
        "marks": {},
    }
    for chart in CHARTS:
        columns = {name: [getattr(row, field) for row in buckets] for name, field in chart.columns.items()}
        data |= {name: _drawn(chart, values) for name, values in columns.items()}
        data["texts"] |= {name: _texts(chart, values) for name, values in columns.items()}
        data["marks"][chart.name] = _marks(chart, columns)
    return data


def _drawn(chart: Chart, values: list[Any]) -> list[float | None]:
    return [chart.drawn_for_none if value is None else float(value) for value in values]


def _texts(chart: Chart, values: list[Any]) -> list[str]:
    return [UNKNOWN if value is None else chart.write(value) for value in values]


def _marks(chart: Chart, columns: dict[str, list[Any]]) -> list[tuple[float, str]]:
    values = [value for column in columns.values() for value in column]
    return [(float(mark.value), mark.text) for mark in axis_marks(values, chart.write, chart.min_step)]


def _times(buckets: list[Bucket]) -> list[str]:
    """When each bucket begins; the last one is still filling."""
    moments = [dateformat.format(timezone.localtime(row.start), "j M, H:i") for row in buckets]
    named = [f"{moment} {settings.TIME_ZONE}" for moment in moments]
    return [*named[:-1], *(f"{moment}, so far" for moment in named[-1:])]
