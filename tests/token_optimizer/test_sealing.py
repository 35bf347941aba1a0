"""Sealed data opens under its key alone."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from token_optimizer.sealing import (
    NotUnsealed,
    decrypt,
    derived_key,
    encrypt,
    seal,
    seal_briefly,
    unseal,
    unseal_brief,
)

KEY = derived_key("a secret", purpose="test")


def test_it_works() -> None:
    data = "Zwölf Boxkämpfer. ".encode() * 50
    token = seal(data, KEY)
    assert unseal(token, KEY) == data
    assert len(token) < len(data) / 2


@pytest.mark.parametrize("repeats", [0, 1, 500], ids=["empty", "plain", "compressed"])
def test_what_is_sealed_briefly_opens_under_its_key_alone(repeats: int) -> None:
    data = "Zwölf Boxkämpfer. ".encode() * repeats
    token = seal_briefly(data, KEY)
    assert unseal_brief(token, KEY) == unseal_brief(token.encode(), KEY) == data
    assert len(token) < max(len(data), 80)
    assert seal_briefly(data, KEY) != token
    for damaged in ("", "no token", token[:-4], token[4:], seal(data, KEY)):
        with pytest.raises(NotUnsealed):
            unseal_brief(damaged, KEY)
    with pytest.raises(NotUnsealed):
        unseal_brief(token, derived_key("another", purpose="test"))


def test_encrypted_data_is_a_plain_fernet_token() -> None:
    key = Fernet.generate_key()
    assert Fernet(key).decrypt(encrypt(b"data", key)) == b"data"
    assert decrypt(encrypt(b"data", key.decode()), key) == b"data"


@pytest.mark.parametrize(
    "other",
    [
        derived_key("a secret", purpose="another"),
        derived_key("another", purpose="test"),
        derived_key("a secret", purpose="test", secret="s"),
    ],
)
def test_another_key_opens_nothing(other: bytes) -> None:
    with pytest.raises(NotUnsealed):
        unseal(seal(b"data", KEY), other)


@pytest.mark.parametrize(
    "token", ["", "no token", encrypt(b"not compressed", KEY)], ids=["empty", "no token", "no zlib"]
)
def test_a_damaged_token_is_not_unsealed(token: str) -> None:
    with pytest.raises(NotUnsealed):
        unseal(token, KEY)


def test_keys_stay_the_same_over_releases() -> None:
    """What is stored must stay readable."""
    assert derived_key("name", purpose="test") == b"XUl731KL4K3TuOKEdelJITZ41KSF9CqD3qEDqiW4q7U="
    assert (
        derived_key("name", purpose="test", secret="secret")
        == b"4O9lzLIoBoU7cf0SzNIduWGSdiKjsLLH9AldZDCWQ7U="
    )
