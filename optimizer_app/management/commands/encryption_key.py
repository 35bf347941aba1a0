"""`manage.py encryption_key`: change the key under which secrets and kept texts are stored."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from optimizer_app.instance.state import load_or_create, put_encryption_keys
from optimizer_app.security.rotation import encrypt_anew


class Command(BaseCommand):
    help = (
        "Encrypt what is stored anew, under the first of the instance's keys, and forget the others. "
        "With --new, only put a new key before them: start the instance again, then run this without it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new", action="store_true", help="make a new key, to be used from the next start"
        )

    def handle(self, **options: Any) -> None:
        if options["new"]:
            self._add_key()
            return
        rotated = encrypt_anew()
        self.stdout.write(f"{rotated.texts:,} texts are under the first key.")
        if rotated.unreadable:
            raise CommandError(
                f"{rotated.unreadable:,} texts are opened by no key here; no key was forgotten"
            )
        self._forget_others()

    def _add_key(self) -> None:
        if settings.ENCRYPTION_KEY_IS_GIVEN:
            raise CommandError("OPTIMIZER_ENCRYPTION_KEY is set: put a new key and a comma before its value")
        keys = load_or_create(settings.STATE_DIR).encryption_keys
        put_encryption_keys(settings.STATE_DIR, (Fernet.generate_key().decode(), *keys))
        self.stdout.write(
            "A new key is in secrets.json. Start the instance again, then run this without --new."
        )

    def _forget_others(self) -> None:
        if settings.ENCRYPTION_KEY_IS_GIVEN:
            self.stdout.write("The others in OPTIMIZER_ENCRYPTION_KEY can be taken out.")
            return
        put_encryption_keys(settings.STATE_DIR, settings.ENCRYPTION_KEYS[:1])
        self.stdout.write("The others are forgotten.")
