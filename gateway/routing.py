"""Where requests go: the providers of a project, and which of them serves a dialect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.errors import BadRequest
from optimizer_app.models import Provider


@dataclass(frozen=True, slots=True)
class ProviderRoute:
    """A provider as requests need it. `secret` None: kept, but it cannot be read."""

    name: str
    kind: str
    base_url: str = ""
    secret: str | None = field(default="", repr=False)
    trusted: bool = False
    asks_for_stream_usage: bool = True

    @property
    def is_echo(self) -> bool:
        return self.kind == Provider.Kind.ECHO


ECHO = ProviderRoute("echo", Provider.Kind.ECHO.value)


def provider_of_kind(providers: Sequence[ProviderRoute], kind: str) -> ProviderRoute:
    """The first provider of the kind; echo where a project has it, or has no provider at all."""
    for wanted in (kind, ECHO.kind):
        for provider in providers:
            if provider.kind == wanted:
                return provider
    if not providers:
        return ECHO
    raise BadRequest(f"this project has no provider of kind {kind!r}")
