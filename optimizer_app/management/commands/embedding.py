"""`manage.py embedding`: the embedding process of this machine; `up` starts it by itself."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from optimizer_app.embeddings.process import AlreadyRuns, run


class Command(BaseCommand):
    help = (
        "Answer embedding questions on the state folder's socket until SIGTERM; `up` starts this by itself."
    )
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            run(settings.EMBEDDING_MODEL, settings.EMBEDDING_SOCKET)
        except AlreadyRuns as error:
            raise CommandError(str(error)) from None
