"""The rows of the comparison, as texts: figures, intervals, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from dashboard.numbers.formats import MINUS, exact, milliseconds, money, percent
from optimizer_app.holdout.comparison import ComparedMetric, Comparison, GroupSums, Unit, Verdict
from optimizer_app.holdout.statistics import MIN_UNITS, Difference

_POINTS = " points"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric. `level` is `saved` where the optimized group does better, `danger` where it does worse."""

    title: str
    held_out: str
    optimized: str
    difference: str
    interval: str
    said: str
    level: str


@dataclass(frozen=True, slots=True)
class FinishRow:
    """How often answers of both groups ended for one reason, as shares of those that said why."""

    reason: str
    held_out: str
    optimized: str


def metric_rows(comparison: Comparison) -> list[MetricRow]:
    return [_row(compared) for compared in comparison.metrics]


def finish_rows(comparison: Comparison) -> list[FinishRow]:
    """All reasons, the most frequent first."""
    groups = (comparison.held_out, comparison.optimized)
    counts = {reason: 0 for group in groups for reason in group.finish_reasons}
    for group in groups:
        for reason, count in group.finish_reasons.items():
            counts[reason] += count
    reasons = sorted(counts, key=lambda reason: (-counts[reason], reason))
    return [FinishRow(reason, *(_finish_share(group, reason) for group in groups)) for reason in reasons]


def _finish_share(group: GroupSums, reason: str) -> str:
    ended = sum(group.finish_reasons.values())
    return percent(group.finish_reasons.get(reason, 0) / ended) if ended else "–"


def _row(compared: ComparedMetric) -> MetricRow:
    shown = _FORMATS[compared.metric.unit]
    found = compared.difference
    return MetricRow(
        compared.metric.title,
        "–" if compared.held_out is None else shown(compared.held_out),
        "–" if compared.optimized is None else shown(compared.optimized),
        _change(compared, found.value) if found else "–",
        _interval(compared, found) if found else "–",
        _said(compared),
        _level(compared),
    )


def _level(compared: ComparedMetric) -> str:
    if compared.is_worse:
        return "danger"
    is_shown = compared.verdict in (Verdict.LOWER, Verdict.HIGHER)
    return "saved" if is_shown and compared.metric.lower_is_better is not None else ""


def _said(compared: ComparedMetric) -> str:
    """What the comparison shows of the metric, in a sentence."""
    if compared.verdict is Verdict.UNKNOWN:
        return "Nothing is known of it in one of the groups."
    found = compared.difference
    if found is None:
        return f"Too few conversations: {MIN_UNITS} of each group are needed."
    if compared.verdict is Verdict.NOT_SHOWN:
        if not found.detectable:
            return "The same in all conversations."
        seen = _change(compared, found.detectable).removeprefix("+")
        of_all = f"with {exact(compared.units)} conversations one of {seen} would have been seen"
        return f"No difference shown; {of_all}."
    way = "higher" if compared.verdict is Verdict.HIGHER else "lower"
    return f"Shown: {way} where optimized."


def _change(compared: ComparedMetric, value: float) -> str:
    """A difference in percent of the held-out figure; where that is 0, or itself a share, as it is."""
    share = None if compared.metric.unit in (Unit.SHARE, Unit.SCORE) else compared.share(value)
    if share is not None:
        return _signed(percent(share))
    if compared.metric.unit is Unit.SHARE:
        return _signed(f"{percent(value).removesuffix('%')}{_POINTS}")
    return _signed(_FORMATS[compared.metric.unit](value))


def _interval(compared: ComparedMetric, found: Difference) -> str:
    """−18 to +14 points: a unit that both ends share is written once."""
    low, high = _change(compared, found.low), _change(compared, found.high)
    return f"{low.removesuffix(_POINTS)} to {high}"


def _signed(text: str) -> str:
    return text if text.startswith((MINUS, "0%", "0.00", "0 ")) else f"+{text}"


def _money(value: float) -> str:
    return money(Decimal(value))


def _milliseconds(value: float) -> str:
    return f"{MINUS}{milliseconds(-value)}" if value < 0 else milliseconds(value)


def _count(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)


_FORMATS: Mapping[Unit, Callable[[float], str]] = {
    Unit.USD: _money,
    Unit.COUNT: _count,
    Unit.TOKENS: lambda value: exact(round(value)),
    Unit.MILLISECONDS: _milliseconds,
    Unit.SHARE: percent,
    Unit.SCORE: _count,
}
