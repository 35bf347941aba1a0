"""What becomes of a block that is compressed."""

from __future__ import annotations

from dataclasses import dataclass

from token_optimizer.models import Block
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import with_text


@dataclass(frozen=True, slots=True)
class Compression:
    """The block after compression. `score` is None where nothing was left out; `applied` says whether the
    result stands, and `reason` why it does not."""

    block: Block
    score: float | None = None
    applied: bool = False
    reason: str = ""


def with_compressed_text(block: Block, text: MarkedText, tokens: int) -> Block:
    """The block with this text, and with what it had before any compression as its original."""
    original = block.content if block.original_content is None else block.original_content
    return with_text(block, text).but(tokens=tokens, compressed=True, original_content=original)
