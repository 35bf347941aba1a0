"""`manage.py prepare`: migrate, collect static files, make the first admin, project, key and providers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from optimizer_app.instance.greeting import credentials
from optimizer_app.instance.prepare import collect_static_files, prepare


class Command(BaseCommand):
    help = "Prepare the database and the static files for this version; `up` does this by itself."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only-static", action="store_true", help="needs no database: for building images"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["only_static"]:
            collect_static_files()
            return
        for line in credentials(prepare()):
            self.stdout.write(line)
