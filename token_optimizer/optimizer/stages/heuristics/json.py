"""Writes JSON as TOON or without its whitespace, whichever counts fewer tokens.

Every value survives literally. An assistant's own JSON stays, since the model takes the form of its next
answer from it; so does what the question wants as it stands.

Before: [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]
After:  [2]{id,name}:
          1,Alice
          2,Bob
"""

from __future__ import annotations

from token_optimizer.models import Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, rewritten, with_blocks
from token_optimizer.optimizer.formats.file_reads import asks_for_exact_text
from token_optimizer.optimizer.json.toon import compress_json_toon, may_hold_json
from token_optimizer.optimizer.marked_text import MarkedText


def compact_json_texts(prompt: Prompt, context: Context) -> Prompt:
    """Compact the JSON in tool results and in what the user wrote."""
    if asks_for_exact_text(prompt.query or ""):
        return prompt
    short = rewritten(prompt, lambda text, block: MarkedText(compress_json_toon(text)), _may_be_compacted)
    if short is prompt:
        return prompt
    return with_blocks(short, list(map(_with_original, short.blocks, prompt.blocks)))


def _may_be_compacted(block: Block) -> bool:
    if block.type is BlockType.ASSISTANT:
        return False
    return block.kind is Kind.JSON or (block.kind is Kind.PROSE and may_hold_json(block.content))


def _with_original(block: Block, before: Block) -> Block:
    """The compacted block with the JSON that it was: what is cut later is cut as JSON."""
    if block is before or before.kind is not Kind.JSON:
        return block
    return block.but(original_content=before.content)


STAGE = Stage("json", compact_json_texts, "JSON written in fewer tokens")
