"""A greedy knapsack over whole blocks, with a share of the budget for each type.

Before: system (must-keep, 50 tokens), three documents of 100 tokens; 300 tokens, half of them for documents
After:  system and the one document with the highest utility per token
"""

from __future__ import annotations

from collections.abc import Mapping

from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, BlockType
from token_optimizer.text import token_counts


def budget_select(
    blocks: list[Block],
    max_tokens: int,
    safety_margin: int = 0,
    per_type_fractions: Mapping[BlockType | str, float] | None = None,
) -> list[Block]:
    """The must-keep blocks, and of the others those with the highest utility per token that fit.

    `per_type_fractions` are the shares of what the must-keep blocks leave; a type that it does not name may
    take all of it. Blocks whose tokens are 0 are counted. The order of the blocks stays. The must-keep
    blocks are in the result even where they alone are more than `max_tokens`.
    """
    tokens = _tokens(blocks)
    chosen = {number for number, block in enumerate(blocks) if block.must_keep}
    left: float = max_tokens - safety_margin - sum(tokens[number] for number in chosen)
    room = {kind: left * share for kind, share in _shares(per_type_fractions or {}).items()}
    optional = [number for number, block in enumerate(blocks) if not block.must_keep]
    optional.sort(key=lambda number: -blocks[number].utility / max(tokens[number], 1))
    for number in optional:
        kind = blocks[number].type
        if tokens[number] > min(left, room.get(kind, left)):
            continue
        chosen.add(number)
        left -= tokens[number]
        if kind in room:
            room[kind] -= tokens[number]
    return [block for number, block in enumerate(blocks) if number in chosen]


def _shares(fractions: Mapping[BlockType | str, float]) -> dict[BlockType, float]:
    shares = {}
    for name, share in fractions.items():
        if not 0 <= share <= 1:
            raise ConfigError(f"per_type_fractions[{str(name)!r}] must be between 0 and 1, not {share!r}")
        shares[BlockType(name)] = share
    return shares


def _tokens(blocks: list[Block]) -> list[int]:
    """The tokens of each block; those that say 0 are counted."""
    missing = [number for number, block in enumerate(blocks) if block.tokens == 0]
    counts = dict(zip(missing, token_counts([blocks[number].content for number in missing]), strict=True))
    return [counts.get(number, block.tokens) for number, block in enumerate(blocks)]
