"""Encryption under the instance's key: provider secrets, texts that are kept, texts that wait in a queue."""

from __future__ import annotations

from django.conf import settings

from token_optimizer import sealing


class UndecryptableSecret(Exception):
    """A stored secret was encrypted under another OPTIMIZER_ENCRYPTION_KEY."""


def encrypt(text: str) -> str:
    """The text as a token that only the instance's key opens."""
    return sealing.encrypt(text.encode(), settings.ENCRYPTION_KEYS)


def decrypt(token: str) -> str:
    """The text of a token made by `encrypt`; UndecryptableSecret when the key has changed."""
    try:
        return sealing.decrypt(token, settings.ENCRYPTION_KEYS).decode()
    except sealing.NotUnsealed:
        raise UndecryptableSecret(
            "a stored secret was encrypted under another OPTIMIZER_ENCRYPTION_KEY"
        ) from None


def seal(data: bytes) -> str:
    """`encrypt`, for data that compresses well."""
    return sealing.seal(data, settings.ENCRYPTION_KEYS)


def unseal(token: str) -> bytes:
    """The data of a token made by `seal`; UndecryptableSecret when the key has changed."""
    try:
        return sealing.unseal(token, settings.ENCRYPTION_KEYS)
    except sealing.NotUnsealed:
        raise UndecryptableSecret("a text was encrypted under another OPTIMIZER_ENCRYPTION_KEY") from None
