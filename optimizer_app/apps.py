"""The Django app of the stored state."""

from django.apps import AppConfig


class OptimizerAppConfig(AppConfig):
    name = "optimizer_app"
    verbose_name = "Token Optimizer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from optimizer_app.access import recording, sessions

        recording.connect()
        sessions.connect()
