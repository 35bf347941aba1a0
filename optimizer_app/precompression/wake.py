"""Tells the worker that there is something to compress."""

from __future__ import annotations

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)
TASK = "optimizer_app.tasks.compress_ahead"
# The beat asks as often: an older one would find nothing that a newer one does not.
_EXPIRES_SECONDS = 30


def wake_ahead() -> None:
    """Have the worker look at the queue now. Without the broker it does so some seconds later."""
    try:
        current_app.send_task(TASK, queue="ahead", retry=False, expires=_EXPIRES_SECONDS)
    except OperationalError as error:
        log.warning("ahead_not_woken", error=type(error).__name__)
