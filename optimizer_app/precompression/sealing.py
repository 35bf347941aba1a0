"""How a compression is named and kept, so that its row tells nothing about the text.

A row is found by an HMAC under the project's secret. What was made of a text is encrypted under a key that
comes from that secret and the hash of the text: nothing stored holds that hash, so who does not have the
text cannot read what became of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib

from cryptography.fernet import Fernet, InvalidToken

from token_optimizer.optimizer.compression.precompressions import CompressionKey


def row_key(key: CompressionKey, secret: str) -> str:
    """The name of a compression among those of the project with this secret."""
    name = f"{key.content_hash} {key.rate:.2f} {key.compressor}"
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()


def seal(text: str, key: CompressionKey, secret: str) -> str:
    """What was made of the text that the key names, for the store."""
    data = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
    return _cipher(key, secret).encrypt(data).decode()


def unseal(token: str, key: CompressionKey, secret: str) -> str | None:
    """What `seal` was given; None where it was sealed for another text or project."""
    try:
        return zlib.decompress(_cipher(key, secret).decrypt(token)).decode("utf-8", "surrogatepass")
    except (InvalidToken, zlib.error):
        return None


def _cipher(key: CompressionKey, secret: str) -> Fernet:
    digest = hashlib.blake2b(
        key.content_hash.encode(), key=secret.encode()[:64], digest_size=32, person=b"compressions"
    )
    return Fernet(base64.urlsafe_b64encode(digest.digest()))
