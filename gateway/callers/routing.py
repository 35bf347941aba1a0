"""Where requests go: the providers of a project, its routes, and which of them serves a request."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from gateway.errors import BadRequest
from optimizer_app.models import Provider
from optimizer_app.routes.patterns import fits

_LARGEST = 2**64


@dataclass(frozen=True, slots=True)
class ProviderRoute:
    """A provider as requests need it. `secret` or `headers` None: kept, but they cannot be read.

    `access_key_id` and `region` are Amazon's. A time-out of None is the instance's.
    """

    name: str
    kind: str
    base_url: str = ""
    secret: str | None = field(default="", repr=False)
    trusted: bool = False
    asks_for_stream_usage: bool = True
    id: uuid.UUID | None = None
    headers: Sequence[tuple[str, str]] | None = field(default=(), repr=False)
    strict_roles: bool = False
    needs_caller_key: bool = False
    region: str = ""
    access_key_id: str = ""
    connect_timeout_seconds: float | None = None
    first_byte_timeout_seconds: float | None = None
    idle_timeout_seconds: float | None = None

    @property
    def is_echo(self) -> bool:
        return self.kind == Provider.Kind.ECHO

    @property
    def name_in_header(self) -> str:
        """Its name as a header can hold it."""
        return self.name if self.name.isascii() and self.name.isprintable() else quote(self.name)

    def speaks(self, kind: str) -> bool:
        """Whether it takes what a provider of that kind takes; echo takes everything."""
        return self.kind == kind or self.is_echo


ECHO = ProviderRoute("echo", Provider.Kind.ECHO.value)


@dataclass(frozen=True, slots=True)
class Target:
    """A provider to ask, and the name by which it knows the model; empty: as the request names it.

    `weight` is its share of a route's conversations; 0: it only stands by.
    """

    provider: ProviderRoute
    model: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The providers to ask for one request, in this order, and how often each is asked again. The first is
    asked; the others where it fails."""

    targets: Sequence[Target]
    max_retries: int = 0
    is_routed: bool = False

    @property
    def first(self) -> Target:
        return self.targets[0]

    def renames(self, model: str) -> bool:
        """Whether a provider of it knows the model by another name."""
        return any(target.model not in ("", model) for target in self.targets)


@dataclass(frozen=True, slots=True)
class ModelRoute:
    """Where requests for models that fit the `pattern` go."""

    pattern: str
    targets: Sequence[Target]
    max_retries: int = 0

    def fits(self, model: str) -> bool:
        return fits(self.pattern, model)

    def plan(self, conversation: Callable[[], str]) -> Plan:
        """The targets that share the conversations, in an order that is a conversation's own, then those that
        stand by."""
        sharing = [target for target in self.targets if target.weight]
        if len(sharing) > 1:
            named = conversation()
            sharing.sort(key=lambda target: _distance(target, named))
        standing_by = [target for target in self.targets if not target.weight]
        return Plan((*sharing, *standing_by), self.max_retries, is_routed=True)


def plan_for(
    model: str,
    kind: str,
    providers: Sequence[ProviderRoute],
    routes: Sequence[ModelRoute],
    conversation: Callable[[], str],
) -> Plan:
    """The providers that serve a request for the model: those of the first route that fits, else the first
    provider of the kind. `conversation` is asked for only where weights have to choose."""
    for route in routes:
        if route.fits(model):
            return route.plan(conversation)
    return Plan((Target(provider_of_kind(providers, kind)),))


def provider_of_kind(providers: Sequence[ProviderRoute], kind: str) -> ProviderRoute:
    """The first provider of the kind; echo where a project has it, or has no provider at all."""
    for wanted in (kind, ECHO.kind):
        for provider in providers:
            if provider.kind == wanted:
                return provider
    if not providers:
        return ECHO
    raise BadRequest(f"this project has no provider of kind {kind!r}")


def _distance(target: Target, conversation: str) -> float:
    """How far a conversation is from a target: smaller for a larger weight (weighted rendezvous hashing).

    The nearest target stays the same while others come, go, or change their weights.
    """
    named = f"{target.provider.id}\n{target.model}\n{conversation}"
    digest = hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()
    return -math.log((int.from_bytes(digest[:8]) + 1) / _LARGEST) / target.weight
