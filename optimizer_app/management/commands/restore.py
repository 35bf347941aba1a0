"""`manage.py restore FILE`: the instance of a backup, in an empty state folder or an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from optimizer_app.instance.backup.archive import BackupFailed, restore


class Command(BaseCommand):
    help = "Make the instance of a backup where there is none. Its keys come from the backup."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        try:
            restore(file.absolute())
        except BackupFailed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Restored {file}. Start it with {settings.START_COMMAND}, which brings it up to this version."
        )
