"""Encryption of what is stored (Fernet), and keys derived from a secret.

key = derived_key(secret, purpose="conversations")
token = seal(data, key)          # compressed, then encrypted
unseal(token, key) == data
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# Fast: what is sealed is written on the way of requests.
_COMPRESSION_LEVEL = 1
_MAX_BLAKE2_KEY_BYTES = 64

# Of several, the first one encrypts, and each decrypts.
Key = str | bytes | tuple[str, ...]


class NotUnsealed(Exception):
    """A token that this key does not open, or that is damaged."""


def derived_key(name: str, *, purpose: str, secret: str = "") -> bytes:
    """A key for one purpose, from `name` alone or from `name` under a `secret`; the same each time."""
    keyed = secret.encode()[:_MAX_BLAKE2_KEY_BYTES]
    digest = hashlib.blake2b(name.encode(), key=keyed, digest_size=32, person=purpose.encode())
    return base64.urlsafe_b64encode(digest.digest())


def encrypt(data: bytes, key: Key) -> str:
    """A token that only this key opens; of several keys, only the first."""
    return _cipher(key).encrypt(data).decode()


def decrypt(token: str | bytes, key: Key) -> bytes:
    """The data of a token made by `encrypt`; NotUnsealed where the key is another one."""
    try:
        return _cipher(key).decrypt(token)
    except InvalidToken:
        raise NotUnsealed from None


def seal(data: bytes, key: Key) -> str:
    """`encrypt`, for data that compresses well."""
    return encrypt(zlib.compress(data, _COMPRESSION_LEVEL), key)


def unseal(token: str | bytes, key: Key) -> bytes:
    """The data of a token made by `seal`; NotUnsealed where the key is another one."""
    try:
        return zlib.decompress(decrypt(token, key))
    except zlib.error:
        raise NotUnsealed from None


@lru_cache(maxsize=256)
def _cipher(key: Key) -> Fernet | MultiFernet:
    return MultiFernet([Fernet(each) for each in key]) if isinstance(key, tuple) else Fernet(key)
