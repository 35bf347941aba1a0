"""Encryption of what must be stored but never read by people: provider secrets, queued texts."""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class UndecryptableSecret(Exception):
    """A stored secret was encrypted under another OPTIMIZER_ENCRYPTION_KEY."""


@lru_cache(maxsize=4)
def _cipher(key: str) -> Fernet:
    return Fernet(key.encode())


def encrypt(text: str) -> str:
    """The text as a Fernet token under the instance's key."""
    return _cipher(settings.ENCRYPTION_KEY).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text of a token made by `encrypt`; UndecryptableSecret when the key has changed."""
    try:
        return _cipher(settings.ENCRYPTION_KEY).decrypt(token.encode()).decode()
    except InvalidToken:
        raise UndecryptableSecret(
            "a stored secret was encrypted under another OPTIMIZER_ENCRYPTION_KEY"
        ) from None
