"""Texts under the instance's key."""

import pytest
from cryptography.fernet import Fernet

from optimizer_app.security.encryption import UndecryptableSecret, decrypt, encrypt


def test_it_works():
    assert decrypt(encrypt("sk-secret ä")) == "sk-secret ä"
    assert encrypt("sk-secret") != encrypt("sk-secret")


def test_a_token_of_an_earlier_release_is_read(settings):
    token = Fernet(settings.ENCRYPTION_KEYS[0]).encrypt(b"sk-secret").decode()

    assert decrypt(token) == "sk-secret"


def test_another_key_is_named_and_the_secret_is_not(settings):
    token = encrypt("sk-secret")
    settings.ENCRYPTION_KEYS = (Fernet.generate_key().decode(),)

    with pytest.raises(UndecryptableSecret, match="another OPTIMIZER_ENCRYPTION_KEY") as caught:
        decrypt(token)
    assert token not in str(caught.value)
