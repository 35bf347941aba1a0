"""The texts of a prompt that a coming request of its conversation is likely to want compressed."""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Aggregate, Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.compression.blocks import PROSE_KINDS
from token_optimizer.optimizer.compression.llmlingua.compressor import EXTRACTIVE, compressor_name
from token_optimizer.optimizer.contract.context import Context

# Shorter texts gain less than their marker costs.
MIN_TOKENS = 100
# What one request may ask to have precompressed.
_MAX_CANDIDATES = 32
_MAX_CANDIDATE_CHARS = 200_000
_DIRECTING_TYPES = (BlockType.SYSTEM, BlockType.DEVELOPER, BlockType.CONSTRAINT)


def texts_to_precompress(after: Prompt, context: Context) -> tuple[str, ...]:
    """The largest first: prose that was sent as it came, but for instructions and the newest question."""
    config = context.config
    if not config.enable_compression or (config.target_reduction is None and context.budget_tokens is None):
        return ()
    wanted = _with_wanted(after.prefix.value(_WANTED), (), after.rest)
    wanted = tuple(block for block in wanted if block.id not in after.faithfulness)
    # To name the compressor may have to look for its model.
    name = compressor_name() if wanted else ""
    wanted = tuple(block for block in wanted if may_be_precompressed(block, name, config))
    texts: list[str] = []
    room = _MAX_CANDIDATE_CHARS
    for text in dict.fromkeys(block.content for block in sorted(wanted, key=lambda block: -block.tokens)):
        if len(text) <= room and len(texts) < _MAX_CANDIDATES:
            texts.append(text)
            room -= len(text)
    return tuple(texts)


def may_be_precompressed(block: Block, compressor: str, config: OptimizerConfig) -> bool:
    """Whether the compressor that works in the background suits the block and the config.

    It knows no markers. Where it leaves out sentences, it does so by TextRank and as of prose: of a document
    the title could be lost, and of a transcript who spoke.
    """
    if block.markers:
        return False
    if compressor != EXTRACTIVE:
        return True
    return block.kind is Kind.PROSE and config.summarizer == "textrank"


def _with_wanted(known: tuple[Block, ...], _: Sequence[Block], sent: Sequence[Block]) -> tuple[Block, ...]:
    return (*known, *filter(_may_be_wanted, sent))


_WANTED: Aggregate[tuple[Block, ...]] = Aggregate("may be precompressed", (), _with_wanted)


def _may_be_wanted(block: Block) -> bool:
    """Whether the block is prose that nothing was cut from, and that no rule keeps for ever."""
    if block.tokens < MIN_TOKENS or block.kind not in PROSE_KINDS:
        return False
    # What was sent before is closed, the questions of earlier turns among it; a compaction opens it again.
    closed = (block.verbatim and not block.frozen) or block.type in _DIRECTING_TYPES or block.turn < 0
    whole = not block.compressed and block.original_content is None
    return whole and not closed
