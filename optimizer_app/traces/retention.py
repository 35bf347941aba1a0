"""Drops traces and events that are too old. What each day came to stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from optimizer_app.clickhouse.client import is_used
from optimizer_app.clickhouse.conditions import HIGHEST_ID
from optimizer_app.clickhouse.copying import copied_until
from optimizer_app.clickhouse.schema import drop_days_before
from optimizer_app.events.delivery import waiting_deliveries
from optimizer_app.models import Event
from optimizer_app.rollups.rolling import drop_details_before
from optimizer_app.trace_ids import first_id_at, made_at
from optimizer_app.traces.feedback import drop_feedback_before
from optimizer_app.traces.partitions import drop_partitions_before


def drop_older_than(days: int, today: date) -> int:
    """Drop the traces of more than so many days ago, and their events that wait for no receiver.

    Returns how many days of traces were dropped. ClickHouseAway: those in PostgreSQL wait with it.
    """
    first = today - timedelta(days=days)
    old = Event.objects.filter(id__lt=first_id_at(midnight(first)), next_try_at=None)
    old.exclude(deliveries__in=waiting_deliveries()).delete()
    drop_details_before(midnight(first))
    drop_feedback_before(midnight(first))
    if is_used():
        drop_days_before(first)
    return drop_partitions_before(first)


def drop_copied_before(day: date) -> int:
    """Drop from PostgreSQL what ClickHouse has got of the days before; returns how many days."""
    until = copied_until()
    first = day if until == HIGHEST_ID else min(day, made_at(until).date())
    return drop_partitions_before(first)


def midnight(day: date) -> datetime:
    """When the day begins, in UTC."""
    return datetime.combine(day, time.min, UTC)
