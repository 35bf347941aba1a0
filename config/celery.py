"""The Celery app: `celery -A config worker`. Its settings are Django's, with the prefix CELERY_."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from optimizer_app.child_processes import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")

app = Celery("token_optimizer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_kwargs: Any) -> None:
    """Being connected is enough: Celery then leaves the logging that the settings made."""


@worker_process_init.connect
def end_pool_process_with_its_worker(**_kwargs: Any) -> None:
    end_with_parent()
