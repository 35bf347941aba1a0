"""Encryption of what is stored (Fernet) or remembered for hours (AES-GCM), and keys derived from a secret.

key = derived_key(secret, purpose="answers")
token = seal(data, key)          # compressed, then encrypted
unseal(token, key) == data
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import zlib
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Fast: what is sealed is written on the way of requests.
_COMPRESSION_LEVEL = 1
_MAX_BLAKE2_KEY_BYTES = 64
_NONCE_BYTES = 12
# Less is not worth the time. With its usual buffers of 268 kB zlib takes twice as long.
_COMPRESSED_BYTES = 4_000
_WINDOW_BITS, _MEMORY_LEVEL = 13, 6
_PLAIN, _DEFLATED = b"\0", b"\1"

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


def seal_briefly(data: bytes, key: bytes) -> str:
    """`seal` in a tenth of its time, for what is soon forgotten: under one key 2^32 tokens at most, no two of
    which may have the same nonce."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    packed = _DEFLATED + _deflated(data) if len(data) >= _COMPRESSED_BYTES else _PLAIN + data
    return base64.b64encode(nonce + _brief_cipher(key).encrypt(nonce, packed, None)).decode()


def unseal_brief(token: str | bytes, key: bytes) -> bytes:
    """The data of a token made by `seal_briefly`; NotUnsealed where the key is another one."""
    try:
        sealed = base64.b64decode(token, validate=True)
        packed = _brief_cipher(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        return packed[1:] if packed[:1] == _PLAIN else zlib.decompress(packed[1:])
    except (InvalidTag, ValueError, zlib.error):
        raise NotUnsealed from None


def _deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(_COMPRESSION_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return deflate.compress(data) + deflate.flush()


@lru_cache(maxsize=256)
def _brief_cipher(key: bytes) -> AESGCM:
    # Not the key itself: Fernet may have that.
    return AESGCM(hashlib.blake2b(key, digest_size=32, person=b"brief").digest())


@lru_cache(maxsize=256)
def _cipher(key: Key) -> Fernet | MultiFernet:
    return MultiFernet([Fernet(each) for each in key]) if isinstance(key, tuple) else Fernet(key)
