"""Which conversations are held out: by a keyed hash of their start, so that each stays in its group, on every
turn and in every worker."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from typing import Final

HELD_OUT: Final = "held_out"
OPTIMIZED: Final = "optimized"
_PARTS = 2**64


@dataclass(frozen=True, slots=True)
class Placed:
    """A conversation that takes part: its `group`, and the `unit` that all its requests share."""

    group: str
    unit: uuid.UUID

    @property
    def is_held_out(self) -> bool:
        return self.group == HELD_OUT


def placed(share: float, secret: str, conversation: str) -> Placed:
    """The place of a conversation, by what all its requests have in common; only the hash is kept of that."""
    text = f"holdout\n{conversation}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(secret.encode(), text, "sha256")
    is_held_out = int.from_bytes(digest[16:24], "big") < share * _PARTS
    return Placed(HELD_OUT if is_held_out else OPTIMIZED, uuid.UUID(bytes=digest[:16]))
