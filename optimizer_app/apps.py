"""The Django app of the stored state."""

from django.apps import AppConfig


class OptimizerAppConfig(AppConfig):
    name = "optimizer_app"
    verbose_name = "Token Optimizer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from optimizer_app.access import recording, sessions
        from optimizer_app.prices.file import use_price_file

        recording.connect()
        sessions.connect()
        use_price_file(settings.PRICES_FILE)
