"""The Celery app: `celery -A config worker`. Its settings are Django's, with the prefix CELERY_."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_process_init

from optimizer_app.background.heartbeat import note_seen
from optimizer_app.child_processes import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
# Workers serve no page: Celery would import all of them to check them, for a third of a worker's start, and
# look at no result.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("token_optimizer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_kwargs: Any) -> None:
    """Being connected is enough: Celery then leaves the logging that the settings made."""


@worker_process_init.connect
def end_pool_process_with_its_worker(**_kwargs: Any) -> None:
    end_with_parent()


@task_prerun.connect
def note_worker(task: Any, **_kwargs: Any) -> None:
    """The system page tells by this whether a queue has a worker."""
    if queue := (task.request.delivery_info or {}).get("routing_key"):
        note_seen(queue)
