"""The Django app of the stored state."""

import atexit
import gc

from django.apps import AppConfig


class OptimizerAppConfig(AppConfig):
    name = "optimizer_app"
    verbose_name = "Token Optimizer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from optimizer_app.access import recording, sessions
        from optimizer_app.clickhouse import copying

        recording.connect()
        copying.connect()
        sessions.connect()
        if settings.PRICES_FILE.exists():
            # With it come pydantic and an HTTP client: a tenth of a process's start.
            from optimizer_app.prices.file import use_price_file

            use_price_file(settings.PRICES_FILE)
        _collect_from_here_on()


def _collect_from_here_on() -> None:
    """What the start made stays to the end, and is looked through no more.

    At the end the interpreter would look through everything several times: half a second of CPU at a server,
    whose memory is gone right after.
    """
    gc.freeze()
    gc.enable()
    atexit.register(gc.freeze)
