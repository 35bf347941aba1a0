"""The event of a budget of which four fifths are spent: one for each period of each key or project."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

import structlog

from optimizer_app.events.destinations import destinations_of, put_in_outbox
from optimizer_app.limits.spending import period_start
from optimizer_app.limits.values import NEARLY_SPENT
from optimizer_app.limits.windows import Holder
from optimizer_app.models import Event, Project
from optimizer_app.trace_ids import first_id_at
from token_optimizer.telemetry.events import create_event, identified

log = structlog.get_logger(__name__)

EVENT_TYPE = "budget_warning"


def warn_if_near(project: Project, holder: Holder, now: datetime) -> None:
    """Leave the event where the budget is nearly spent, and was not said to be in this period."""
    budget = holder.limits.budget_usd
    if budget is None or holder.spent_usd < budget * NEARLY_SPENT:
        return
    made = _event_id(holder, now)
    event, is_new = Event.objects.get_or_create(
        id=made,
        defaults={
            "project": project,
            "trace_id": made,
            "event_type": EVENT_TYPE,
            "payload": _payload(made, project, holder, now),
        },
    )
    if is_new:
        put_in_outbox([event], destinations_of([project]).get(project.pk, []))
        log.warning("budget_nearly_spent", project_id=str(project.pk), holder_id=str(holder.id))


def _payload(made: uuid.UUID, project: Project, holder: Holder, now: datetime) -> dict[str, Any]:
    is_key = holder.id != project.pk
    budget = {
        "of": "key" if is_key else "project",
        "period": holder.limits.budget_period,
        "budget_usd": str(holder.limits.budget_usd),
        "spent_usd": str(holder.spent_usd),
    }
    event = create_event(EVENT_TYPE, str(made), str(holder.id) if is_key else "", budget=budget)
    return identified(event, made, now)


def _event_id(holder: Holder, now: datetime) -> uuid.UUID:
    """The same for one budget in one period: another one is warned of again."""
    start = first_id_at(period_start(holder.limits.budget_period, now))
    named = f"{holder.id} {holder.limits.budget_period} {holder.limits.budget_usd}"
    digest = int.from_bytes(hashlib.sha256(named.encode()).digest()[:8])
    return uuid.UUID(int=start.int | digest)
