"""What callers said of traces wherever these are: feedback itself stays in PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q

from optimizer_app.clickhouse.conditions import MAX_IDS
from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import TraceFeedback


def scores_of(
    traces: TraceRows, project_id: uuid.UUID, ids: tuple[uuid.UUID, uuid.UUID], names: Sequence[str] = ()
) -> Iterator[tuple[Any, ...]]:
    """Each score that one of the traces was given, with its id and these columns of it: those of a project,
    from one id up to another, by id."""
    first, end = ids
    said = TraceFeedback.objects.filter(project=project_id, trace_id__lt=end).order_by("trace_id", "pk")
    after = Q(trace_id__gte=first)
    while part := list(said.filter(after).values_list("trace_id", "pk", "score")[:MAX_IDS]):
        lowest, highest = part[0][0], part[-1][0]
        of_part = traces.filter(id__gte=lowest, id__lte=highest, id__in={row[0] for row in part})
        found = {pk: columns for pk, *columns in of_part.values_list("id", *names)}
        yield from ((pk, score, *found[pk]) for pk, _, score in part if pk in found)
        after = Q(trace_id=highest, pk__gt=part[-1][1]) | Q(trace_id__gt=highest)
