"""Who is calling: header -> key -> project with its configs and providers.

A lookup in PostgreSQL holds for `FRESH_SECONDS`, so a revoked key ends within that. While the database is
down, known keys go on working, and only the first request waits to find that out; a key that is not known yet
gets a 503, never a pass.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from cachetools import LRUCache
from django.db import Error as DatabaseError
from django.db.models import Exists, OuterRef
from django.utils import timezone

from gateway.callers.configs import NamedConfig, preset_config, stored_config
from gateway.callers.routing import ModelRoute, Plan, ProviderRoute, plan_for, provider_of_kind
from gateway.callers.stored_routes import stored_provider, stored_routes
from gateway.database import in_database
from gateway.errors import BadRequest, Forbidden, Unauthorized, Unavailable
from optimizer_app.limits.holders import bounded_holders
from optimizer_app.limits.path_lines import may_send
from optimizer_app.limits.windows import Holder
from optimizer_app.models import ApiKey, OptimizationConfig, Provider, RouteTarget
from optimizer_app.models.keys.api_key import KEY_PREFIX, KeyScope, key_hash
from optimizer_app.prices.rules import all_facts
from token_optimizer.config import OptimizerConfig
from token_optimizer.ports import NO_FACTS, ModelFacts

log = structlog.get_logger(__name__)

FRESH_SECONDS = 2.0
# Where Anthropic's and Azure's clients put their key.
KEY_HEADERS = ("x-api-key", "api-key")
LOOKUP_TIMEOUT_SECONDS = 3.0
MAX_KNOWN_KEYS = 10_000
# Of those that a key is held to, in an error.
_NAMED_ENDPOINTS = 10
MAX_UNKNOWN_KEYS = 1_000
USE_NOTED_EVERY = timedelta(minutes=1)
# What keys get in a project without a default config.
_NO_CONFIG = NamedConfig("", None, OptimizerConfig.preset("balanced"))


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was accepted, and all that its requests need from the database."""

    project_id: uuid.UUID
    api_key_id: uuid.UUID
    default: NamedConfig
    configs: Mapping[str, NamedConfig]
    providers: Sequence[ProviderRoute]
    routes: Sequence[ModelRoute] = ()
    # Of the models of which somebody set prices, the window, or how they are cached.
    facts: Mapping[str, ModelFacts] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    hash_secret: str = field(default="", repr=False)
    scopes: frozenset[str] = frozenset(KeyScope.values)
    relay_paths: Sequence[str] = ()
    # The key and its project, where they are bounded.
    holders: Sequence[Holder] = ()
    # How far streams are read on after their clients left.
    drain_seconds: int = 0
    drain_tokens: int = 0
    ends_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()

    def check_scope(self, scope: KeyScope) -> None:
        """Forbidden where the key is not made for it."""
        if scope not in self.scopes:
            raise Forbidden(f"this key has not the scope {scope.value}")

    def check_endpoint(self, method: str, path: str) -> None:
        """Forbidden, naming what is allowed, where the key or its project is held to other endpoints."""
        for holder in self.holders:
            if not holder.limits.allow_endpoint(method, path):
                allowed = ", ".join(holder.limits.allowed_endpoints[:_NAMED_ENDPOINTS])
                raise Forbidden(f"{holder.name} may not send {method} {path[:100]}: it is held to {allowed}")

    def check_relayed(self, method: str, path: str) -> None:
        """Forbidden where the key may not send this to the provider."""
        self.check_scope(KeyScope.PASSTHROUGH)
        if self.relay_paths and not may_send(self.relay_paths, method, path):
            raise Forbidden(f"this key may not send {method} {path[:100]}")

    def check_model(self, model: str) -> None:
        """Forbidden where the key or its project may not use the model."""
        for holder in self.holders:
            if not holder.limits.allow(model):
                raise Forbidden(f"{holder.name} may not use the model {model[:100]!r}", param="model")

    @property
    def is_held_to_models(self) -> bool:
        return any(holder.limits.allowed_models for holder in self.holders)

    def facts_of(self, model: str) -> ModelFacts:
        """What somebody set of the model."""
        return self.facts.get(model, NO_FACTS)

    def config_named(self, name: str | None) -> NamedConfig:
        """The project's config of that name, else the preset of that name; the key's own without a name."""
        if name is None:
            return self.default
        found = self.configs.get(name) or preset_config(name)
        if found is None:
            raise BadRequest(f"unknown config {name!r}", param="config")
        if found.problem:
            raise BadRequest(f"config {name!r} cannot be used: {found.problem}", param="config")
        return found

    def provider_for(self, kind: str) -> ProviderRoute:
        """The project's provider of the kind; echo where none is configured at all."""
        return provider_of_kind(self.providers, kind)

    def plan_for(self, model: str, kind: str, conversation: Callable[[], str]) -> Plan:
        """The providers that serve a request for the model, by the project's routes."""
        return plan_for(model, kind, self.providers, self.routes, conversation)


def presented_secret(headers: Mapping[str, str]) -> str:
    """The key in the request's headers; one of ours where several were sent."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    candidates = [bearer.strip() if scheme.lower() == "bearer" else ""]
    candidates += [headers.get(name, "").strip() for name in KEY_HEADERS]
    ours = [secret for secret in candidates if secret.startswith(KEY_PREFIX)]
    secret = next(iter(ours + [secret for secret in candidates if secret]), "")
    if not secret:
        raise Unauthorized("no API key: send it as 'Authorization: Bearer tok_…' or 'x-api-key: tok_…'")
    return secret


def caller_of(hashed: str) -> Caller | None:
    """What Postgres knows about a key; None for one that is unknown, revoked or has expired."""
    key = ApiKey.objects.usable(hashed)
    if key is None:
        return None
    rows = list(OptimizationConfig.objects.filter(project=key.project_id).with_share())
    configs = {row.pk: stored_config(row) for row in rows}
    rows_of_providers = Provider.objects.filter(project=key.project_id).order_by("created_at", "name")
    targets = RouteTarget.objects.filter(provider=OuterRef("pk"))
    routed = list(rows_of_providers.annotate(is_routed=Exists(targets)))
    providers = {row.pk: stored_provider(row) for row in routed}
    caller = Caller(
        project_id=key.project_id,
        api_key_id=key.id,
        default=next((configs[row.pk] for row in rows if _is_of(key, row)), _NO_CONFIG),
        configs={config.name: config for config in configs.values()},
        providers=tuple(providers.values()),
        # Most projects have none, which takes no query then.
        routes=stored_routes(key.project_id, providers) if any(row.is_routed for row in routed) else (),
        facts=all_facts(),
        hash_secret=key.project.hash_secret,
        scopes=frozenset(key.scopes),
        relay_paths=tuple(key.relay_paths),
        holders=bounded_holders(key, timezone.now()),
        drain_seconds=key.project.drain_seconds,
        drain_tokens=key.project.drain_tokens,
        ends_at=key.end_of(hashed),
    )
    _note_use(key)
    return caller


def _is_of(key: ApiKey, row: OptimizationConfig) -> bool:
    """Whether the key uses the config: by naming it, or as the project's default."""
    return row.pk == key.config_id if key.config_id else row.is_default


def _note_use(key: ApiKey) -> None:
    """Keep `last_used_at` right to the minute, without a write on every look."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


@dataclass(slots=True)
class _Known:
    caller: Caller | None
    checked_at: float
    # The database did not say whether the key still holds: it is asked beside the requests until it does.
    is_unanswered: bool = False


class CallerCache:
    """Callers by the hash of their key, each looked up at most once in `FRESH_SECONDS` per worker."""

    def __init__(
        self,
        lookup: Callable[[str], Caller | None] = caller_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup
        self._clock = clock
        self._known: LRUCache[str, _Known] = LRUCache(MAX_KNOWN_KEYS)
        # Apart, so that guesses never push real keys out.
        self._unknown: LRUCache[str, _Known] = LRUCache(MAX_UNKNOWN_KEYS)
        self._running: dict[str, asyncio.Task[Caller | None]] = {}

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """The caller; Unauthorized for an unknown key, Unavailable where that cannot be found out."""
        caller = await self._caller(presented_secret(headers))
        if caller is None or caller.has_ended:
            raise Unauthorized("unknown, revoked or expired API key")
        return caller

    async def _caller(self, secret: str) -> Caller | None:
        hashed = key_hash(secret)
        entry = self._known.get(hashed) or self._unknown.get(hashed)
        if entry is not None and self._clock() - entry.checked_at < FRESH_SECONDS:
            return entry.caller
        if entry is not None and entry.is_unanswered:
            entry.checked_at = self._clock()
            self._lookup_task(hashed, secret)
            return entry.caller
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS):
                return await asyncio.shield(self._lookup_task(hashed, secret))
        except (DatabaseError, TimeoutError) as error:
            return self._last_answer(hashed, error)

    def _last_answer(self, hashed: str, error: Exception) -> Caller | None:
        """The last answer about a known key, while the database is down; asked again a little later."""
        log.warning("key_lookup_failed", error=type(error).__name__)
        entry = self._known.get(hashed)
        if entry is None:
            raise Unavailable("the key cannot be checked at the moment; try again") from error
        entry.checked_at, entry.is_unanswered = self._clock(), True
        return entry.caller

    def _lookup_task(self, hashed: str, secret: str) -> asyncio.Task[Caller | None]:
        """The running lookup of the key: many requests at once share one."""
        task = self._running.get(hashed)
        if task is None:
            task = self._running[hashed] = asyncio.create_task(self._refresh(hashed, secret))
            task.add_done_callback(lambda done: self._finish_lookup(hashed, done))
        return task

    def _finish_lookup(self, hashed: str, task: asyncio.Task[Caller | None]) -> None:
        self._running.pop(hashed, None)
        if not task.cancelled():
            # Fetched, so that a failure after every waiter has left is not reported as forgotten.
            task.exception()

    async def _refresh(self, hashed: str, secret: str) -> Caller | None:
        found = await in_database(lambda: self._lookup(hashed))
        caller = replace(found, secret=secret) if found else None
        self._known.pop(hashed, None)
        self._unknown.pop(hashed, None)
        entries = self._known if caller else self._unknown
        entries[hashed] = _Known(caller, self._clock())
        return caller
