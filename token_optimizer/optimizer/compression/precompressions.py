"""Precompressions, which are made in the background before a request needs them, and their keys.

The stage that compresses asks for them before it compresses anything itself: a lookup takes a thousandth of
the time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class CompressionKey:
    """Names one compression: the sha256 of the original text, the compressor's model, and the rate, which is
    the share of the tokens to keep."""

    content_hash: str
    compressor: str
    rate: float

    @classmethod
    def of(cls, text: str, compressor: str, rate: float) -> Self:
        """The key of a text for this compressor at this rate."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(digest, compressor, round(rate, 2))


@dataclass(frozen=True, slots=True)
class PrecompressedText:
    """A precompressed text, and its faithfulness from 0 to 1."""

    text: str
    score: float
