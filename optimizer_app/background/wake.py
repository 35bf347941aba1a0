"""Asks a Celery worker to look for due work now instead of at the next tick of the schedule."""

from __future__ import annotations

import structlog
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

DELIVERY = "optimizer_app.tasks.deliver_events"
INGEST = "optimizer_app.tasks.ingest_due_documents"
PRECOMPRESSION = "optimizer_app.tasks.precompress"
REPLAY = "optimizer_app.tasks.run_replays"
# The schedule starts the same task as often: an older one would find nothing that a newer one does not.
_EXPIRES_SECONDS = 30


def wake(task: str) -> None:
    """Queue the task. Without a broker the work waits until the schedule starts it."""
    queue = settings.CELERY_TASK_ROUTES[task]["queue"]
    try:
        current_app.send_task(task, queue=queue, retry=False, expires=_EXPIRES_SECONDS)
    except OperationalError as error:
        log.warning("worker_not_woken", task=task, error=type(error).__name__)
