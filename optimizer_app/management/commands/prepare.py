"""`manage.py prepare`: migrate, collect static files, make the first admin, project, key and providers."""

from typing import Any

from django.core.management.base import BaseCommand

from optimizer_app.greeting import credentials
from optimizer_app.prepare import prepare


class Command(BaseCommand):
    help = "Prepare the database and the static files for this version; `up` does this by itself."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        for line in credentials(prepare()):
            self.stdout.write(line)
