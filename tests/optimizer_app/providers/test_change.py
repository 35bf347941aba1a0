"""Adding, changing and removing providers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings

from optimizer_app.instance.bootstrap import bootstrap
from optimizer_app.models import Project, Provider
from optimizer_app.outgoing import UnsafeUrl
from optimizer_app.providers.change import (
    ProviderValues,
    add_provider,
    change_provider,
    is_from_environment,
    remove_provider,
)
from optimizer_app.providers.errors import ProviderNameTaken, SecretNeeded, SetByEnvironment

pytestmark = pytest.mark.django_db
VALUES = ProviderValues("house", "openai", "http://127.0.0.1:1/v1", "sk-secret")


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="p")


def test_an_empty_secret_leaves_the_stored_one(project: Project) -> None:
    provider = add_provider(project, VALUES)
    change_provider(provider, replace(VALUES, name="renamed", secret=""))
    provider.refresh_from_db()
    assert (provider.name, provider.secret()) == ("renamed", "sk-secret")
    change_provider(provider, replace(VALUES, secret="sk-new"))
    assert Provider.objects.get().secret() == "sk-new"


@pytest.mark.parametrize("moved", [{"base_url": "http://127.0.0.1:2/v1"}, {"kind": "anthropic"}])
def test_a_stored_secret_does_not_go_elsewhere(project: Project, moved: dict[str, str]) -> None:
    provider = add_provider(project, VALUES)
    with pytest.raises(SecretNeeded):
        change_provider(provider, replace(VALUES, secret="", **moved))
    change_provider(provider, replace(VALUES, secret="sk-new", **moved))


def test_what_is_refused_changes_nothing(project: Project) -> None:
    provider = add_provider(project, VALUES)
    add_provider(project, replace(VALUES, name="other"))
    with pytest.raises(ProviderNameTaken):
        add_provider(project, VALUES)
    with pytest.raises(ProviderNameTaken):
        change_provider(provider, replace(VALUES, name="other"))
    with pytest.raises(UnsafeUrl):
        change_provider(provider, replace(VALUES, base_url="http://169.254.169.254/"))
    assert (provider.name, provider.base_url) == (VALUES.name, VALUES.base_url)
    assert Provider.objects.count() == 2


def test_what_the_environment_sets_is_changed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "OPENAI_API_KEY", "sk-env")
    bootstrap()
    provider = Provider.objects.get(kind="openai")
    assert is_from_environment(provider)
    with pytest.raises(SetByEnvironment):
        change_provider(provider, VALUES)
    with pytest.raises(SetByEnvironment):
        remove_provider(provider)

    monkeypatch.setattr(settings, "OPENAI_API_KEY", "")
    change_provider(provider, VALUES)
    bootstrap()
    provider.refresh_from_db()
    assert (provider.name, provider.secret(), provider.trusted) == ("house", "sk-secret", False)
    remove_provider(provider)
    assert not Provider.objects.exists()
