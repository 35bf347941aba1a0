"""Providers on real sockets and the routes that lead to them, for the tests of an account."""

from __future__ import annotations

from typing import Any

from optimizer_app.models import Provider, Route, RouteTarget
from tests.gateway.accounts import Account
from tests.provider.mock_provider import MockProvider


def provider_at(account: Account, mock: MockProvider, name: str, **values: Any) -> Provider:
    """A provider of the account at a mock one: as OpenAI's unless `kind` says otherwise."""
    kind = values.pop("kind", "openai")
    url = mock.openai_url if kind == "openai" else mock.url
    provider = Provider(project=account.project, name=name, kind=kind, base_url=url, trusted=True, **values)
    provider.set_secret(f"sk-of-{name}")
    provider.save()
    return provider


def route_to(account: Account, pattern: str, *targets: dict[str, Any], **values: Any) -> Route:
    """A route of the account's project, behind those that it has: each target with its `provider`."""
    position = account.project.routes.count()
    route = Route.objects.create(project=account.project, pattern=pattern, position=position, **values)
    for place, target in enumerate(targets):
        RouteTarget.objects.create(route=route, position=place, **target)
    return route
