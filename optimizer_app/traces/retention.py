"""How long traces and events are kept: partitions made ahead, and what is too old dropped."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from optimizer_app.models import Event
from optimizer_app.traces.ids import first_id_at
from optimizer_app.traces.partitions import drop_partitions_before
from optimizer_app.traces.store import ensure_partitions

DAYS_AHEAD = 7


def make_partitions_ahead(today: date) -> None:
    """The partitions of today and the coming week, so that no request ever waits for one."""
    ensure_partitions(today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1))


def drop_older_than(days: int, today: date) -> int:
    """Drop the traces of more than so many days ago, and their events that wait for no delivery.

    Tells how many days of traces went.
    """
    first = today - timedelta(days=days)
    midnight = datetime.combine(first, time.min, UTC)
    Event.objects.filter(id__lt=first_id_at(midnight), next_try_at=None).delete()
    return drop_partitions_before(first)
