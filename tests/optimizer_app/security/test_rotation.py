"""Changing the key under which secrets and kept texts are stored."""

from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from optimizer_app.instance.state import load_or_create
from optimizer_app.models import Project, Provider
from optimizer_app.security.encryption import UndecryptableSecret, decrypt, encrypt
from optimizer_app.security.rotation import encrypted_fields

FIELDS = {
    ("Capture", "sealed"), ("EventDestination", "encrypted_previous_secret"),
    ("EventDestination", "encrypted_secret"), ("PlaygroundExample", "encrypted_texts"),
    ("Precompression", "source"), ("Provider", "encrypted_headers"), ("Provider", "encrypted_secret"),
    ("RegressionCase", "encrypted_texts"), ("ReplayResult", "sealed"), ("SecondFactor", "encrypted_key"),
    ("TraceFeedback", "encrypted_comment"),
}  # fmt: skip


def run(*options: str) -> str:
    told = StringIO()
    call_command("encryption_key", *options, stdout=told)
    return told.getvalue()


def test_a_key_is_replaced_without_losing_what_it_encrypted(db, settings, tmp_path: Path) -> None:
    settings.STATE_DIR, settings.ENCRYPTION_KEY_IS_GIVEN = tmp_path, False
    old = settings.ENCRYPTION_KEYS = load_or_create(tmp_path).encryption_keys
    provider = provider_with("sk-secret")

    run("--new")
    both = settings.ENCRYPTION_KEYS = load_or_create(tmp_path).encryption_keys
    assert both[1:] == old
    assert provider.secret() == "sk-secret"

    assert "1 texts are under the first key" in run()
    settings.ENCRYPTION_KEYS = load_or_create(tmp_path).encryption_keys
    assert both[:1] == settings.ENCRYPTION_KEYS
    provider.refresh_from_db()
    assert provider.secret() == "sk-secret"
    stored = provider.encrypted_secret
    run()
    provider.refresh_from_db()
    assert provider.encrypted_secret == stored


def test_no_key_is_forgotten_while_a_text_is_read_by_none(db, settings, tmp_path: Path) -> None:
    settings.STATE_DIR, settings.ENCRYPTION_KEY_IS_GIVEN = tmp_path, False
    provider_with("sk-secret")
    settings.ENCRYPTION_KEYS = load_or_create(tmp_path).encryption_keys
    run("--new")
    with pytest.raises(CommandError, match="1 texts are opened by no key here"):
        run()
    assert len(load_or_create(tmp_path).encryption_keys) == 2


def test_the_environment_s_keys_are_its_own(db, settings, tmp_path: Path) -> None:
    settings.STATE_DIR, settings.ENCRYPTION_KEY_IS_GIVEN = tmp_path, True
    with pytest.raises(CommandError, match="OPTIMIZER_ENCRYPTION_KEY is set"):
        run("--new")
    assert "can be taken out" in run()
    assert not (tmp_path / "secrets.json").exists()


def test_the_first_key_encrypts_and_each_decrypts(settings) -> None:
    before = encrypt("a text")
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = (Fernet.generate_key().decode(), *old)
    after = encrypt("a text")
    assert decrypt(before) == decrypt(after) == "a text"
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(UndecryptableSecret):
        decrypt(after)


def test_every_encrypted_field_is_known() -> None:
    assert {(model.__name__, name) for model, name in encrypted_fields()} == FIELDS


def provider_with(secret: str) -> Provider:
    provider = Provider(project=Project.objects.create(name="One"), name="openai", kind="openai")
    provider.set_secret(secret)
    provider.save()
    return provider
