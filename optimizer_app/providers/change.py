"""Adding, changing and removing the providers of a project. Requests follow within seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from optimizer_app.models import Project, Provider
from optimizer_app.outgoing import check_outgoing_url
from optimizer_app.providers.errors import (
    ProviderInUse,
    ProviderNameTaken,
    SecretNeeded,
    SetByEnvironment,
)
from optimizer_app.providers.headers import checked_headers, with_changes
from optimizer_app.security.encryption import UndecryptableSecret


@dataclass(frozen=True, slots=True)
class ProviderValues:
    """What people set of a provider. An empty `secret` leaves the stored one; `secret_headers` change those
    of their names, and one without a value goes."""

    name: str
    kind: str
    base_url: str = ""
    secret: str = field(default="", repr=False)
    asks_for_stream_usage: bool = True
    strict_roles: bool = False
    needs_caller_key: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    region: str = ""
    access_key_id: str = ""
    connect_timeout_seconds: float | None = None
    first_byte_timeout_seconds: float | None = None
    idle_timeout_seconds: float | None = None


# Those that stand on the row as they were set.
PLAIN_FIELDS = tuple(
    name.name for name in fields(ProviderValues) if name.name not in ("secret", "secret_headers")
)


def plain_values(provider: Provider) -> dict[str, Any]:
    """What is set of the provider, without its secrets."""
    return {name: getattr(provider, name) for name in PLAIN_FIELDS}


def is_from_environment(provider: Provider) -> bool:
    """Whether the next start would set it again as the environment has it."""
    named = {
        Provider.Kind.OPENAI: settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL,
        Provider.Kind.ANTHROPIC: settings.ANTHROPIC_API_KEY or settings.ANTHROPIC_BASE_URL,
    }
    kind = Provider.Kind(provider.kind)
    return provider.trusted and provider.name == provider.kind and bool(named.get(kind))


def add_provider(project: Project, values: ProviderValues) -> Provider:
    """The provider, after those that the project has. UnsafeUrl or ProviderNameTaken where it is refused."""
    provider = Provider(project=project)
    _set(provider, values, trusted=False)
    return provider


def change_provider(provider: Provider, values: ProviderValues) -> None:
    """Set all of it or nothing. A new URL gets no key that was stored for another: SecretNeeded."""
    if is_from_environment(provider):
        raise SetByEnvironment(provider.name)
    moved = (values.base_url, values.kind) != (provider.base_url, provider.kind)
    if moved and values.kind != Provider.Kind.ECHO and _has_secrets_for_elsewhere(provider, values):
        raise SecretNeeded(provider.name)
    _set(provider, values, trusted=provider.trusted and not moved)


def _has_secrets_for_elsewhere(provider: Provider, values: ProviderValues) -> bool:
    """Whether a stored secret would go to where it was not meant for."""
    if provider.encrypted_secret and not values.secret:
        return True
    named = {name.lower() for name in values.secret_headers}
    return not named.issuperset(name.lower() for name in _secret_headers(provider))


def _secret_headers(provider: Provider) -> Mapping[str, str]:
    """Those that are stored; none where they cannot be read any more."""
    try:
        return provider.secret_headers()
    except UndecryptableSecret:
        return {}


def secret_header_names(provider: Provider) -> Sequence[str]:
    """What may be told of headers that are never shown."""
    return tuple(_secret_headers(provider))


def remove_provider(provider: Provider) -> None:
    """Its requests go to the next provider of its kind; without any provider the built-in echo answers.
    ProviderInUse where a route leads to it."""
    if is_from_environment(provider):
        raise SetByEnvironment(provider.name)
    patterns = provider.route_targets.values_list("route__pattern", flat=True)
    if patterns:
        raise ProviderInUse(", ".join(sorted(set(patterns))))
    provider.delete()


def _set(provider: Provider, values: ProviderValues, *, trusted: bool) -> None:
    if values.base_url and not trusted:
        check_outgoing_url(values.base_url)
    if values.name != provider.name and provider.project.providers.filter(name=values.name).exists():
        raise ProviderNameTaken(values.name)
    for name in PLAIN_FIELDS:
        setattr(provider, name, getattr(values, name))
    provider.headers, provider.trusted = checked_headers(values.headers), trusted
    if values.secret:
        provider.set_secret(values.secret)
    if values.secret_headers:
        secret = with_changes(_secret_headers(provider), values.secret_headers)
        provider.set_secret_headers(checked_headers(secret))
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError as error:
        raise ProviderNameTaken(values.name) from error
