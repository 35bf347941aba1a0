"""What is kept of one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from token_optimizer.models import BlockTexts


@dataclass(frozen=True, slots=True)
class CapturedTexts:
    """The request body as it came, the body that was sent, and the answer as the client got it.

    `sent` is empty where the body was sent as it came, or not at all. `blocks` has the texts of the blocks by
    their ids. `documents` and `question` were given beside the body. `answer_is_cut`: more came than is kept.
    """

    body: str = field(repr=False)
    sent: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    answer_is_cut: bool = False
    blocks: Mapping[str, BlockTexts] = field(default_factory=dict, repr=False)
    documents: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    question: str = field(default="", repr=False)

    def as_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return msgspec.json.decode(data, type=cls)

    @property
    def sent_body(self) -> str:
        """The body that went out."""
        return self.sent or self.body
