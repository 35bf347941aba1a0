"""Tells the workers that there are documents to work on."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)
TASK = "optimizer_app.tasks.ingest_due_documents"


def wake_ingest() -> None:
    """Have a worker look for due documents now. Without the broker they are found some seconds later."""
    try:
        current_app.send_task(TASK, queue="ingest", retry=False)
    except OperationalError as error:
        log.warning("ingest_not_woken", error=type(error).__name__)
