"""`manage.py prices --load FILE`: prices from a file, where nothing can be fetched."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from optimizer_app.prices.file import NoPriceFile, price_file_date, providers_in


class Command(BaseCommand):
    help = (
        "Say where prices come from. With --load, take them from a file in the form of genai-prices "
        "(its data.json); with --forget, from the package again. Both hold from the next start."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--load", metavar="FILE", type=Path, help="a data.json of genai-prices")
        what.add_argument("--forget", action="store_true", help="use the prices of the package again")

    def handle(self, **options: Any) -> None:
        if options["load"]:
            self._load(options["load"])
        elif options["forget"]:
            settings.PRICES_FILE.unlink(missing_ok=True)
            self.stdout.write("Prices are those of the package from the next start.")
        else:
            date = price_file_date(settings.PRICES_FILE)
            self.stdout.write(f"{settings.PRICES_FILE}, {date:%Y-%m-%d}" if date else "genai-prices")

    def _load(self, file: Path) -> None:
        try:
            providers = providers_in(file)
        except NoPriceFile as error:
            raise CommandError(str(error)) from None
        new = settings.PRICES_FILE.with_suffix(".new")
        shutil.copyfile(file, new)
        new.replace(settings.PRICES_FILE)
        count = sum(len(provider.models) for provider in providers)
        self.stdout.write(f"Models: {count:,}, providers: {len(providers):,}. They hold from the next start.")
