"""How requests ask Valkey: for a while at most, and not at all for some seconds after it did not answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from optimizer_app.valkey.clients import AsyncValkey
from optimizer_app.valkey.cluster import VALKEY_ERRORS

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

# A busy worker may take long to read an answer that came at once: only a Valkey that hangs takes longer.
MAX_WAIT_SECONDS = 3.0
# After that it is not asked for a while, so that no request waits for it but the first.
AWAY_SECONDS = 5.0


@dataclass(slots=True)
class Valkey:
    """Valkey for one purpose, `event` being what the log says where it fails."""

    client: AsyncValkey
    event: str
    max_wait_seconds: float = MAX_WAIT_SECONDS
    _away_until: float = 0.0

    async def ask(self, what: str, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """What Valkey answers; None where it does not, or did not a moment ago."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(self.max_wait_seconds):
                return await ask()
        except VALKEY_ERRORS as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning(self.event, asked=what, error=type(error).__name__)
            return None
