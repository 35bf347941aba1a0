"""The providers and routes of a project, read and ready."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import structlog

from gateway.callers.routing import ModelRoute, ProviderRoute, Target
from optimizer_app.models import Provider, Route
from optimizer_app.security.encryption import UndecryptableSecret

log = structlog.get_logger(__name__)


def stored_provider(row: Provider) -> ProviderRoute:
    """A stored provider. One whose secrets cannot be read is kept, so that its requests can say so."""
    return ProviderRoute(
        name=row.name,
        kind=row.kind,
        base_url=row.base_url,
        secret=_secret(row),
        trusted=row.trusted,
        asks_for_stream_usage=row.asks_for_stream_usage,
        id=row.id,
        headers=_headers(row),
        strict_roles=row.strict_roles,
        needs_caller_key=row.needs_caller_key,
        region=row.region,
        access_key_id=row.access_key_id,
        connect_timeout_seconds=row.connect_timeout_seconds,
        first_byte_timeout_seconds=row.first_byte_timeout_seconds,
        idle_timeout_seconds=row.idle_timeout_seconds,
    )


def _secret(row: Provider) -> str | None:
    try:
        return "" if row.needs_caller_key else row.secret()
    except UndecryptableSecret:
        log.error("provider_secret_unreadable", provider_id=str(row.id))
        return None


def _headers(row: Provider) -> Sequence[tuple[str, str]] | None:
    try:
        return tuple({**row.headers, **row.secret_headers()}.items())
    except UndecryptableSecret:
        log.error("provider_headers_unreadable", provider_id=str(row.id))
        return None


def stored_routes(
    project_id: uuid.UUID, providers: Mapping[uuid.UUID, ProviderRoute]
) -> Sequence[ModelRoute]:
    """The routes of a project in their order, but for those that lead nowhere."""
    rows = Route.objects.filter(project=project_id).prefetch_related("targets").order_by("position")
    routes = (ModelRoute(row.pattern, _targets(row, providers), row.max_retries) for row in rows)
    return tuple(route for route in routes if route.targets)


def _targets(row: Route, providers: Mapping[uuid.UUID, ProviderRoute]) -> Sequence[Target]:
    # A provider that was added since is met with the next look.
    return tuple(
        Target(providers[target.provider_id], target.model, target.weight)
        for target in row.targets.all()
        if target.provider_id in providers
    )
