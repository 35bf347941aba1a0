"""`manage.py backup FILE`: the instance in one file, with its keys, whether it runs or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from optimizer_app.instance.backup.archive import BackupFailed, back_up


class Command(BaseCommand):
    help = "Save database, keys and journal in one new file, which holds the keys in clear."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        try:
            back_up(file.absolute())
        except BackupFailed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Saved in {file}, {file.stat().st_size / 1e6:.1f} MB.")
