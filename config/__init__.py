"""Django wiring, no logic: settings, URLs, the ASGI entry and the Celery app.

While a process starts it makes what stays: looking for garbage in that is a fifth of the start. So the
collector is off from here until `optimizer_app/apps.py` finds the apps ready.
"""

import gc

gc.disable()

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
