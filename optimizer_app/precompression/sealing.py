"""The names and the encryption of precompressions: a row says nothing about its text.

A row is named by an HMAC under the project's secret. A result is encrypted under a key made from that secret
and the hash of the original text. That hash is stored nowhere, so nobody reads the result who does not have
the text.
"""

from __future__ import annotations

import hashlib
import hmac

from token_optimizer import sealing
from token_optimizer.ports import CompressionKey


def row_key(key: CompressionKey, secret: str) -> str:
    """The row's name among those of the project with this secret."""
    name = f"{key.content_hash} {key.rate:.2f} {key.compressor}"
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()


def seal(result: str, key: CompressionKey, secret: str) -> str:
    """The result, encrypted for those who have the original text."""
    return sealing.seal(result.encode("utf-8", "surrogatepass"), _result_key(key, secret))


def unseal(token: str, key: CompressionKey, secret: str) -> str | None:
    """The result of a token; None where it was sealed for another text or project."""
    try:
        return sealing.unseal(token, _result_key(key, secret)).decode("utf-8", "surrogatepass")
    except sealing.NotUnsealed:
        return None


def _result_key(key: CompressionKey, secret: str) -> bytes:
    return sealing.derived_key(key.content_hash, purpose="compressions", secret=secret)
