"""Compressions made ahead of need: how they are named, and the port to where they are kept.

The stage that compresses asks for them before it compresses anything itself: to look one up takes a
thousandth of the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class CompressionKey:
    """What a compression was made of and how: the sha256 of the text, the compressor's model, and the rate,
    which is the share of the tokens that was asked to stay."""

    content_hash: str
    compressor: str
    rate: float

    @classmethod
    def of(cls, text: str, compressor: str, rate: float) -> Self:
        """The key of a text that this compressor is to bring to this rate."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(digest, compressor, round(rate, 2))


@dataclass(frozen=True, slots=True)
class MadeAhead:
    """A text compressed before it was needed, and its faithfulness from 0 to 1."""

    text: str
    score: float


class CompressionsAhead(Protocol):
    """Where compressions are kept, for one project."""

    def find(self, keys: Sequence[CompressionKey]) -> Mapping[CompressionKey, MadeAhead]:
        """Those that are there, in one look; none where the store cannot be reached."""
        ...
