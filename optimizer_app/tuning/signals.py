"""What happened to requests of a config in a time: the figures from which changes follow."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from django.db.models import F

from optimizer_app.clickhouse.scores import scores_of
from optimizer_app.clickhouse.stored import TraceRows, in_each, stored_traces
from optimizer_app.cuts.sums import CutSum, cut_sums
from optimizer_app.holdout.comparison import ComparedMetric, compared
from optimizer_app.models import OptimizationConfig, RegressionResult
from optimizer_app.rollups.reading import Selection
from optimizer_app.rollups.windows import Window

MAX_TRACES = 5
# Of each tool: its calls, their tokens, and the newest requests that made one.
_TOOLS = f"""
SELECT again->>'tool' AS tool, count(*), sum((again->>'tokens')::int),
  (array_agg(DISTINCT id ORDER BY id DESC))[1:{MAX_TRACES}]
FROM picked CROSS JOIN LATERAL jsonb_array_elements(re_reads) AS again GROUP BY 1
"""  # noqa: S608 -- the names are constants
_CALLS = "'Array(Tuple(tool String, tokens Int64))'"
_TOOLS_THERE = f"""
SELECT again.tool, count(), sum(again.tokens), arrayMap(found -> toUUID(UUIDNumToString(found)),
  arraySlice(arrayReverseSort(groupUniqArray(id)), 1, {MAX_TRACES}))
FROM picked ARRAY JOIN JSONExtract(re_reads, {_CALLS}) AS again GROUP BY again.tool
"""  # noqa: S608 -- the names are constants


@dataclass(frozen=True, slots=True)
class ToolAgain:
    """A tool that models called again for what had been cut of its results."""

    tool: str
    calls: int
    tokens: int
    traces: Sequence[uuid.UUID]

    def with_other(self, other: ToolAgain) -> ToolAgain:
        """Both together, of which each has calls of other requests."""
        traces = sorted({*self.traces, *other.traces}, key=lambda pk: pk.int, reverse=True)[:MAX_TRACES]
        return ToolAgain(self.tool, self.calls + other.calls, self.tokens + other.tokens, traces)


@dataclass(frozen=True, slots=True)
class CutFeedback:
    """What callers said of requests that were made smaller."""

    count: int
    mean: float
    worst: Sequence[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Signals:
    """All of one config and window. `failing` are regression cases that failed under its live version."""

    cuts: Sequence[CutSum]
    traces_of_cuts: Sequence[uuid.UUID]
    tools: Sequence[ToolAgain]
    feedback: CutFeedback
    failing: Sequence[str]
    worse: Sequence[ComparedMetric]


def signals_of(config: OptimizationConfig, window: Window) -> Signals:
    selection = Selection((config.project_id,), config_name=config.name)
    worse = [found for found in compared(config, window).metrics if found.is_worse]
    traces = _traces(config, window)
    return Signals(
        cut_sums(selection, window.stretch),
        _wanted_again(traces),
        _tools_again(traces),
        _cut_feedback(config, window),
        _failing(config),
        worse,
    )


def _traces(config: OptimizationConfig, window: Window) -> TraceRows:
    return window.of(stored_traces().filter(project=config.project_id, config_name=config.name))


def _wanted_again(traces: TraceRows) -> list[uuid.UUID]:
    """The newest requests whose model wanted again what was cut."""
    wanted = traces.exclude(read_backs=[], re_reads=[]).order_by("-id")
    return [pk for (pk,) in wanted[:MAX_TRACES].values_list("id")]


def _tools_again(traces: TraceRows) -> list[ToolAgain]:
    called = traces.exclude(re_reads=[]).order_by()
    parts = in_each(
        called,
        lambda recent: recent.picked(("id", "re_reads"), _TOOLS, []),
        lambda older: older.picked("id, re_reads", _TOOLS_THERE, {}),
        is_counted=True,
    )
    found: dict[str, ToolAgain] = {}
    for row in chain(*parts):
        again = ToolAgain(*row)
        known = found.get(again.tool)
        found[again.tool] = known.with_other(again) if known else again
    return sorted(found.values(), key=lambda again: (-again.calls, again.tool))


def _cut_feedback(config: OptimizationConfig, window: Window) -> CutFeedback:
    cut = _traces(config, window).filter(tokens_after__lt=F("tokens_before")).order_by()
    said = list(scores_of(cut, config.project_id, window.ids))
    worst = sorted((score, -pk.int, pk) for pk, score in said if score < 0)[:MAX_TRACES]
    mean = sum(score for _, score in said) / len(said) if said else 0.0
    return CutFeedback(len(said), mean, list(dict.fromkeys(pk for _, _, pk in worst)))


def _failing(config: OptimizationConfig) -> list[str]:
    failed = RegressionResult.objects.filter(config=config, version=config.version, missing__gt=0)
    return list(failed.order_by("case__name").values_list("case__name", flat=True))
