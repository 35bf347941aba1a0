"""What the first start makes, and what later ones leave alone."""

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import ImproperlyConfigured

from optimizer_app.instance.bootstrap import bootstrap
from optimizer_app.instance.greeting import credentials, first_call
from optimizer_app.models import ApiKey, OptimizationConfig, Project, Provider
from optimizer_app.models.keys.api_key import key_hash

pytestmark = pytest.mark.django_db

BOOTSTRAP_KEY = "tok_from-the-environment"


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(settings) -> None:
    for name in ("ADMIN_PASSWORD", "BOOTSTRAP_KEY"):
        setattr(settings, name, "")
    for name in ("OPENAI", "ANTHROPIC"):
        setattr(settings, f"{name}_API_KEY", "")
        setattr(settings, f"{name}_BASE_URL", "")


def test_the_first_start_makes_everything() -> None:
    made = bootstrap()
    assert authenticate(username="admin", password=made.admin_password).is_superuser
    assert ApiKey.objects.get().hash == key_hash(made.api_key)
    assert Project.objects.get().name == "Default"
    config = OptimizationConfig.objects.get()
    assert (config.name, config.preset, config.is_default) == ("balanced", "balanced", True)
    assert Provider.objects.get().kind == "echo"


def test_a_second_start_makes_nothing() -> None:
    bootstrap()
    again = bootstrap()
    assert (again.admin_password, again.api_key) == (None, None)
    for model in (get_user_model(), Project, ApiKey, OptimizationConfig, Provider):
        assert model.objects.count() == 1


def test_secrets_of_the_environment_are_used_and_not_shown(settings) -> None:
    settings.ADMIN_PASSWORD, settings.BOOTSTRAP_KEY = "chosen by me", BOOTSTRAP_KEY
    made = bootstrap()
    assert authenticate(username="admin", password="chosen by me")
    assert ApiKey.objects.get().hash == key_hash(BOOTSTRAP_KEY)
    shown = "\n".join(credentials(made))
    assert "as set in OPTIMIZER_ADMIN_PASSWORD" in shown
    assert "chosen by me" not in shown
    assert BOOTSTRAP_KEY not in shown
    assert BOOTSTRAP_KEY not in first_call(made, "http://here")
    assert '"Authorization: Bearer $OPTIMIZER_BOOTSTRAP_KEY"' in first_call(made, "http://here")


@pytest.mark.parametrize("weak", ["admin", "password", "31415926"])
def test_a_weak_admin_password_is_refused_and_nothing_is_made(settings, weak: str) -> None:
    settings.ADMIN_PASSWORD = weak
    with pytest.raises(ImproperlyConfigured, match="OPTIMIZER_ADMIN_PASSWORD: This password"):
        bootstrap()
    assert not get_user_model().objects.exists()


def test_a_changed_bootstrap_key_is_added(settings) -> None:
    bootstrap()
    settings.BOOTSTRAP_KEY = BOOTSTRAP_KEY
    bootstrap()
    bootstrap()
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    "wrong", ["sk-no-prefix-of-ours", "tok_short", "tok_with a space", "tok_ünicode-key"]
)
def test_a_wrong_bootstrap_key_is_refused_and_nothing_is_made(settings, wrong: str) -> None:
    settings.BOOTSTRAP_KEY = wrong
    with pytest.raises(ImproperlyConfigured, match="OPTIMIZER_BOOTSTRAP_KEY must begin with tok_") as refused:
        bootstrap()
    assert wrong not in str(refused.value)
    assert not get_user_model().objects.exists()


def test_providers_follow_the_environment(settings) -> None:
    bootstrap()
    settings.OPENAI_API_KEY, settings.ANTHROPIC_BASE_URL = "sk-one", "http://127.0.0.1:9/anthropic"
    bootstrap()
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-two", "http://127.0.0.1:9/v1"
    bootstrap()
    rows = {row.name: row for row in Provider.objects.all()}
    assert set(rows) == {"openai", "anthropic"}
    assert (rows["openai"].secret(), rows["openai"].base_url) == ("sk-two", "http://127.0.0.1:9/v1")
    assert (rows["anthropic"].secret(), rows["anthropic"].trusted) == ("", True)


def test_a_provider_that_a_person_made_is_left_alone(settings) -> None:
    bootstrap()
    mine = Provider(
        project=Project.objects.get(), name="openai", kind="openai", base_url="https://mine.example/v1"
    )
    mine.save()
    settings.OPENAI_API_KEY = "sk-one"
    bootstrap()
    mine.refresh_from_db()
    assert (mine.base_url, mine.secret()) == ("https://mine.example/v1", "")


def test_the_first_call_speaks_the_provider_s_dialect(settings) -> None:
    made = bootstrap()
    assert "/v1/chat/completions" in first_call(made, "http://here")
    assert made.api_key in first_call(made, "http://here")
    settings.ANTHROPIC_API_KEY = "sk-ant"
    assert "http://here/v1/messages" in first_call(bootstrap(), "http://here")


def test_a_machine_with_another_encryption_key_is_told_so(settings) -> None:
    settings.OPENAI_API_KEY = "sk-of-the-first-machine"
    assert bootstrap().unreadable_secrets == 0
    settings.OPENAI_API_KEY = ""
    settings.ENCRYPTION_KEYS = (Fernet.generate_key().decode(),)
    made = bootstrap()
    assert made.unreadable_secrets == 1
    assert "1 keys of providers were encrypted under another" in "\n".join(credentials(made))
