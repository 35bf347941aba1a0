"""A sealed capture as one line of the journal, beside the lines of the traces."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

import msgspec

_BEGINNING = b'{"capture":'


@dataclass(frozen=True, slots=True)
class CaptureRecord:
    """`capture` is the id of the trace. Without `sealed` texts `reason` says why there are none."""

    capture: uuid.UUID
    project_id: uuid.UUID
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    sealed: str = ""
    reason: str = ""

    def as_line(self) -> bytes:
        """The record as JSON that ends in its only line break."""
        return msgspec.json.encode(self) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """The record of a line; a msgspec.DecodeError where it is none."""
        return msgspec.json.decode(line, type=cls)


def is_capture(line: bytes) -> bool:
    """Whether a line of the journal is a capture's."""
    return line.startswith(_BEGINNING)
