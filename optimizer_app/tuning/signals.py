"""What happened to requests of a config in a time: the figures from which changes follow."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Avg, Count, F

from optimizer_app.cuts.sums import CutSum, cut_sums
from optimizer_app.holdout.comparison import ComparedMetric, compared
from optimizer_app.models import OptimizationConfig, RegressionResult, RequestTrace, TraceFeedback
from optimizer_app.rollups.reading import Selection
from optimizer_app.rollups.windows import Window
from optimizer_app.trace_ids import first_id_at

MAX_TRACES = 5
_TOOLS = f"""
SELECT again->>'tool' AS tool, count(*), sum((again->>'tokens')::int),
  (array_agg(DISTINCT id ORDER BY id DESC))[1:{MAX_TRACES}]
FROM {RequestTrace._meta.db_table} CROSS JOIN LATERAL jsonb_array_elements(re_reads) AS again
WHERE project_id = %s AND config_name = %s AND id >= %s AND id < %s AND jsonb_array_length(re_reads) > 0
GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608 -- the names are constants


@dataclass(frozen=True, slots=True)
class ToolAgain:
    """A tool that models called again for what had been cut of its results."""

    tool: str
    calls: int
    tokens: int
    traces: Sequence[uuid.UUID]


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
    return Signals(
        cut_sums(selection, window.stretch),
        _wanted_again(config, window),
        _tools_again(config, window),
        _cut_feedback(config, window),
        _failing(config),
        worse,
    )


def _wanted_again(config: OptimizationConfig, window: Window) -> list[uuid.UUID]:
    """The newest requests whose model wanted again what was cut."""
    found = window.of(RequestTrace.objects.filter(project=config.project_id, config_name=config.name))
    wanted = found.exclude(read_backs=[], re_reads=[]).order_by("-id")
    return list(wanted.values_list("id", flat=True)[:MAX_TRACES])


def _tools_again(config: OptimizationConfig, window: Window) -> list[ToolAgain]:
    bounds = (first_id_at(window.start), first_id_at(window.end))
    with connection.cursor() as cursor:
        cursor.execute(_TOOLS, [config.project_id, config.name, *bounds])
        return [ToolAgain(*row) for row in cursor.fetchall()]


def _cut_feedback(config: OptimizationConfig, window: Window) -> CutFeedback:
    cut = window.of(RequestTrace.objects.filter(project=config.project_id, config_name=config.name))
    cut = cut.filter(tokens_after__lt=F("tokens_before")).order_by()
    said = TraceFeedback.objects.filter(project=config.project_id, trace_id__in=cut.values("id"))
    sums = said.aggregate(count=Count("pk"), mean=Avg("score"))
    worst = said.filter(score__lt=0).order_by("score", "-trace_id").values_list("trace_id", flat=True)
    return CutFeedback(sums["count"], sums["mean"] or 0.0, list(dict.fromkeys(worst[:MAX_TRACES])))


def _failing(config: OptimizationConfig) -> list[str]:
    failed = RegressionResult.objects.filter(config=config, version=config.version, missing__gt=0)
    return list(failed.order_by("case__name").values_list("case__name", flat=True))
