"""The circuits of providers as one worker sees them: Valkey's, looked at once a second at most.

While Valkey is away every provider is asked.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.callers.routing import ProviderRoute
from gateway.valkey import Valkey
from optimizer_app.providers.breaker import SCRIPTS, Circuit, circuit_key, circuit_of
from optimizer_app.valkey.clients import AsyncValkey

log = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0
_MAX_WAIT_SECONDS = 1.0
_CLOSED = Circuit("closed")


@dataclass(slots=True)
class Breakers:
    """What one worker knows of circuits."""

    valkey: AsyncValkey
    clock: Callable[[], float] = time.monotonic
    _asking: Valkey = field(init=False)
    _scripts: Mapping[str, Any] = field(init=False)
    _known: dict[uuid.UUID, tuple[Circuit, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._asking = Valkey(self.valkey, "circuits_not_shared", _MAX_WAIT_SECONDS)
        self._scripts = {name: self.valkey.register_script(text) for name, text in SCRIPTS.items()}

    async def admits(self, provider: ProviderRoute) -> bool:
        """Whether the provider is to be asked by this request."""
        if provider.id is None:
            return True
        known = self._known.get(provider.id)
        if known is not None and self.clock() - known[1] < FRESH_SECONDS:
            return known[0].state == "closed"
        answer = await self._run("admit", provider.id)
        circuit = _CLOSED if answer is None else circuit_of(answer)
        self._known[provider.id] = circuit, self.clock()
        return circuit.state != "open"

    async def note_failure(self, provider: ProviderRoute) -> None:
        """The provider did not answer, or said that it is broken."""
        if provider.id is None:
            return
        if await self._run("failed", provider.id):
            log.warning("circuit_open", provider_id=str(provider.id))
        self._known.pop(provider.id, None)

    async def note_success(self, provider: ProviderRoute) -> None:
        """The provider answered: a few failures before that count no more."""
        known = self._known.get(provider.id) if provider.id else None
        if provider.id is None or (known is not None and known[0] == _CLOSED):
            return
        await self._run("succeeded", provider.id)
        self._known[provider.id] = _CLOSED, self.clock()

    async def _run(self, script: str, provider_id: uuid.UUID) -> Any:
        """What the script says; None where Valkey does not answer."""
        run = self._scripts[script]
        return await self._asking.ask(f"circuit {script}", lambda: run(keys=[circuit_key(provider_id)]))
