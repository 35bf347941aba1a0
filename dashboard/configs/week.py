"""What each config cut and saved in the last seven days."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum

from dashboard.traces.conditions import PRICED
from optimizer_app.models.trace import RequestTraceQuerySet

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """`net_usd` None: no request's money is known."""

    before: int = 0
    after: int = 0
    net_usd: Decimal | None = None


Configured = tuple[uuid.UUID, str]


def week_figures(traces: RequestTraceQuerySet) -> dict[Configured, WeekFigures]:
    """The figures of all configs that the requests of the week met, by project and name, in one query."""
    rows = (
        traces.within(_WEEK)
        .order_by()
        .values_list("project_id", "config_name")
        .annotate(Sum("tokens_before"), Sum("tokens_after"), net=Sum("net_usd", filter=PRICED))
    )
    return {(project, name): WeekFigures(*figures) for project, name, *figures in rows}
