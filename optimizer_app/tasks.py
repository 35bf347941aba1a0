"""Background tasks. Each calls one verb module; the settings say when and in which queue they run."""

from __future__ import annotations

from datetime import UTC

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from optimizer_app.deliver import deliver_due_events
from optimizer_app.retention import drop_older_than, make_partitions_ahead

log = structlog.get_logger(__name__)


@shared_task
def deliver_events() -> None:
    """Post the events that are due."""
    if arrived := deliver_due_events():
        log.info("events_delivered", count=arrived)


@shared_task
def keep_partitions() -> None:
    """Make the coming days' partitions; drop those older than TRACE_RETENTION_DAYS, where that is not 0."""
    today = timezone.now().astimezone(UTC).date()
    make_partitions_ahead(today)
    days = settings.TRACE_RETENTION_DAYS
    if days and (dropped := drop_older_than(days, today)):
        log.info("traces_dropped", days=dropped)
