"""What the first start makes: the admin, a project with its config and key, the providers.

Later starts change nothing but the providers that the environment names, and a new key where
OPTIMIZER_BOOTSTRAP_KEY was changed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction

from optimizer_app.models import ApiKey, Project, Provider
from optimizer_app.models.keys.api_key import KEY_PREFIX, key_hash
from optimizer_app.projects.create import create_project
from optimizer_app.security.encryption import UndecryptableSecret

ADMIN_NAME = "admin"
PROJECT_NAME = "Default"
KEY_NAME = "First key"
ECHO_NAME = "echo"
MIN_KEY_CHARS = 12


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What this start made, for showing it once: None where it was made by an earlier one, or came from
    the environment. `dialect` is what the project's first provider speaks, and `unreadable_secrets` how many
    keys of providers this machine cannot decrypt."""

    admin_password: str | None
    api_key: str | None
    dialect: str
    unreadable_secrets: int = 0


def bootstrap() -> Bootstrapped:
    """Make what is missing, all or nothing."""
    with transaction.atomic():
        unreadable = sum(not _is_readable(provider) for provider in Provider.objects.all())
        admin_password = _first_admin()
        project = _first_project()
        api_key = _first_key(project)
        _providers_of_the_environment(project)
        return Bootstrapped(admin_password, api_key, _dialect(project), unreadable)


def _is_readable(provider: Provider) -> bool:
    try:
        provider.secret()
    except UndecryptableSecret:
        return False
    return True


def _first_admin() -> str | None:
    """The password that was made up, where there was no user at all."""
    users = get_user_model()._default_manager
    if users.exists():
        return None
    made_up = None if settings.ADMIN_PASSWORD else secrets.token_urlsafe(12)
    if settings.ADMIN_PASSWORD:
        _check_admin_password(settings.ADMIN_PASSWORD)
    users.create_superuser(ADMIN_NAME, password=settings.ADMIN_PASSWORD or made_up)
    return made_up


def _check_admin_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise ImproperlyConfigured(f"OPTIMIZER_ADMIN_PASSWORD: {' '.join(error.messages)}") from None


def _first_project() -> Project:
    """The oldest project, which may have been renamed since; made with its default config."""
    found = Project.objects.order_by("created_at").first()
    if found is not None:
        return found
    return create_project(PROJECT_NAME, by=None)


def _first_key(project: Project) -> str | None:
    """The key that was made up, where there was none at all; the environment's is made where unknown."""
    secret = settings.BOOTSTRAP_KEY
    if secret:
        _check_bootstrap_key(secret)
        if not ApiKey.objects.filter(hash=key_hash(secret)).exists():
            ApiKey.issue(project=project, name=KEY_NAME, secret=secret)
        return None
    if ApiKey.objects.exists():
        return None
    return ApiKey.issue(project=project, name=KEY_NAME)[1]


def _check_bootstrap_key(secret: str) -> None:
    plain = secret.isascii() and secret.isprintable() and " " not in secret
    if not (secret.startswith(KEY_PREFIX) and plain and len(secret) >= MIN_KEY_CHARS):
        raise ImproperlyConfigured(
            f"OPTIMIZER_BOOTSTRAP_KEY must begin with {KEY_PREFIX}, be plain ASCII without spaces "
            f"and have at least {MIN_KEY_CHARS} characters"
        )


def _providers_of_the_environment(project: Project) -> None:
    """Keep the environment's providers as the environment has them; with no provider at all, add echo."""
    named = {
        Provider.Kind.OPENAI: (settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL),
        Provider.Kind.ANTHROPIC: (settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL),
    }
    for kind, (secret, base_url) in named.items():
        if secret or base_url:
            _keep_provider(project, kind, secret, base_url)
    if any(secret or base_url for secret, base_url in named.values()):
        project.providers.filter(kind=Provider.Kind.ECHO, name=ECHO_NAME, trusted=True).delete()
    elif not project.providers.exists():
        Provider.objects.create(project=project, name=ECHO_NAME, kind=Provider.Kind.ECHO, trusted=True)


def _keep_provider(project: Project, kind: Provider.Kind, secret: str, base_url: str) -> None:
    provider, _ = Provider.objects.get_or_create(
        project=project, name=kind.value, defaults={"kind": kind, "trusted": True}
    )
    if not provider.trusted:
        return  # a person made this one
    provider.base_url = base_url
    provider.set_secret(secret)
    provider.save()


def _dialect(project: Project) -> str:
    kinds = set(project.providers.values_list("kind", flat=True))
    return "anthropic" if kinds == {Provider.Kind.ANTHROPIC.value} else "openai"
