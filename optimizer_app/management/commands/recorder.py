"""`manage.py recorder`: stores the traces of this machine's web workers; `up` starts it by itself."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from optimizer_app.traces.journal.lone_recorder import lone_recorder
from optimizer_app.traces.journal.recorder import Recorder


class Command(BaseCommand):
    help = "Store the traces of this machine's web workers until SIGTERM; `up` starts this by itself."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        with lone_recorder(settings.JOURNAL_DIR):
            asyncio.run(_record_until_stopped())


async def _record_until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Recorder(settings.JOURNAL_DIR, is_lone=True):
        await stopped.wait()
