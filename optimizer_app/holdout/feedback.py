"""What was said of the answers of both groups."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from optimizer_app.clickhouse.scores import scores_of
from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.holdout.sums import Sums


def feedback_sums(
    traces: TraceRows, project_id: uuid.UUID, ids: tuple[uuid.UUID, uuid.UUID]
) -> dict[str, Sums]:
    """Scores of each group: a request has the mean of what was said of it."""
    said: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for trace_id, score, *unit in scores_of(traces, project_id, ids, ("holdout_group", "holdout_unit")):
        said[*unit, trace_id].append(score)
    units: dict[str, dict[Any, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (group, unit, _), scores in said.items():
        units[group][unit].append(sum(scores) / len(scores))
    return {
        group: Sums.of_pairs([(sum(scores), len(scores)) for scores in of_group.values()])
        for group, of_group in units.items()
    }
