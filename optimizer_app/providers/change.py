"""Adding, changing and removing the providers of a project. Requests follow within seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError, transaction

from optimizer_app.models import Project, Provider
from optimizer_app.outgoing import check_outgoing_url
from optimizer_app.providers.errors import ProviderNameTaken, SecretNeeded, SetByEnvironment


@dataclass(frozen=True, slots=True)
class ProviderValues:
    """What people set of a provider. An empty `secret` leaves the stored one as it is."""

    name: str
    kind: str
    base_url: str = ""
    secret: str = field(default="", repr=False)
    asks_for_stream_usage: bool = True


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
    if moved and provider.encrypted_secret and not values.secret and values.kind != Provider.Kind.ECHO:
        raise SecretNeeded(provider.name)
    _set(provider, values, trusted=provider.trusted and not moved)


def remove_provider(provider: Provider) -> None:
    """Its requests go to the next provider of its kind; without any provider the built-in echo answers."""
    if is_from_environment(provider):
        raise SetByEnvironment(provider.name)
    provider.delete()


def _set(provider: Provider, values: ProviderValues, *, trusted: bool) -> None:
    if values.base_url and not trusted:
        check_outgoing_url(values.base_url)
    if values.name != provider.name and provider.project.providers.filter(name=values.name).exists():
        raise ProviderNameTaken(values.name)
    provider.name, provider.kind = values.name, values.kind
    provider.base_url, provider.trusted = values.base_url, trusted
    provider.asks_for_stream_usage = values.asks_for_stream_usage
    if values.secret:
        provider.set_secret(values.secret)
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError as error:
        raise ProviderNameTaken(values.name) from error
