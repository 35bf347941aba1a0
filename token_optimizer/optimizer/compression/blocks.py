"""Compression of prose, block by block: what may be compressed, and which result stands.

A compressor makes drafts. A draft whose `faithfulness_score` is below the threshold is given up, and the
block stays as it was. Only prose is compressed, never code, JSON, logs or calls.

Before: a document of 900 tokens
After:  the same block with 450 tokens, `compressed`, and its text as it was in `original_content`
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from token_optimizer.errors import CompressorError
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.compression.faithfulness.score import faithfulness_score
from token_optimizer.optimizer.compression.rates import check_ratio
from token_optimizer.optimizer.compression.result import Compression
from token_optimizer.optimizer.compression.summarizers import default_summarizer
from token_optimizer.optimizer.markers import without_markers

log = logging.getLogger(__name__)

DEFAULT_THRESHOLD = 0.85
PROSE_KINDS = frozenset({Kind.PROSE, Kind.DOCUMENT, Kind.TRANSCRIPT})


class Compressor(Protocol):
    """What makes drafts."""

    def drafts(
        self,
        blocks: Sequence[Block],
        ratio: float,
        query: str | None = None,
        timeout_seconds: float | None = None,
    ) -> list[Block]:
        """Each block with about that share of its tokens, or as it was; CompressorError where it breaks."""
        ...


def compress_block(
    block: Block,
    ratio: float = 0.5,
    *,
    compressor: Compressor | None = None,
    query: str | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> Block:
    """The block with about that share of its tokens; as it was, with a note that says the score, below the
    threshold. Without a compressor the extractive one is used."""
    return compress_blocks([block], ratio, compressor=compressor, query=query, threshold=threshold)[0].block


def compress_blocks(
    blocks: Sequence[Block],
    ratio: float = 0.5,
    *,
    compressor: Compressor | None = None,
    query: str | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    timeout_seconds: float | None = None,
) -> list[Compression]:
    """What becomes of each block. All stay as they were where the compressor breaks, for that reason.

    `timeout_seconds` is that of the model's answer, where it is not to be the compressor's own.
    """
    check_ratio(ratio)
    prose = [block for block in blocks if may_be_compressed(block)]
    try:
        drafts = (compressor or default_summarizer()).drafts(prose, ratio, query, timeout_seconds)
    except CompressorError as error:
        log.warning("blocks stay uncompressed: %s", error)
        return [Compression(block, reason=str(error)) for block in blocks]
    draft_of = {id(block): draft for block, draft in zip(prose, drafts, strict=True)}
    return [_judged(block, draft_of.get(id(block), block), threshold) for block in blocks]


def _judged(block: Block, draft: Block, threshold: float) -> Compression:
    if draft is block:
        return Compression(block)
    score = faithfulness_score(without_markers(block), without_markers(draft))
    if score < threshold:
        reason = f"compression would score {score:.2f}, below {threshold:g}: kept as it was"
        return Compression(replace(block, note=reason), score, reason=reason)
    note = f"compressed, faithfulness {score:.2f}"
    return Compression(replace(draft, note=note), score, applied=True)


def may_be_compressed(block: Block) -> bool:
    """Whether the block is prose, and nothing forbids to shorten it."""
    fixed = block.must_keep or block.verbatim or block.frozen or block.compressed
    return block.kind in PROSE_KINDS and not fixed
