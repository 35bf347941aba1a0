"""What a key or a project was billed in the present day or month: the sum over its traces, so that each
request counts once, with its trace, and no counter can stick or be lost."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from optimizer_app.limits.values import Limits
from optimizer_app.models.projects.limits import BudgetPeriod
from optimizer_app.rollups.reading import Selection, Stretch, sums

# Clocks of machines differ, and requests are traced by when they began.
_AHEAD = timedelta(minutes=1)


def period_start(period: str, now: datetime) -> datetime:
    """When the budget's present day or month began, in UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if period == BudgetPeriod.DAY else day.replace(day=1)


def period_end(period: str, now: datetime) -> datetime:
    """When the budget starts anew."""
    start = period_start(period, now)
    if period == BudgetPeriod.DAY:
        return start + timedelta(days=1)
    return (start + timedelta(days=32)).replace(day=1)


def spent_usd(project_id: uuid.UUID, key_id: uuid.UUID | None, limits: Limits, now: datetime) -> Decimal:
    """The bill of the period so far, of one key or of the whole project; 0 where there is no budget."""
    if limits.budget_usd is None:
        return Decimal(0)
    stretch = Stretch(period_start(limits.budget_period, now), now + _AHEAD)
    rows = sums(Selection((project_id,), api_key_id=key_id), stretch, measures=("billed_usd",))
    return sum((row["billed_usd"] or Decimal(0) for row in rows), Decimal(0))
