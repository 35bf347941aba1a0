"""Protects the prose of the last turns, so that no later rule drops or cuts it.

A turn starts with a user message and holds all that answers it. Bulk (logs, JSON, documents, code) and
tool results are not protected: they follow the tool-result rule in every turn.

Before: user "a", assistant "b", user "c"   (n = 1)
After:  user "a", assistant "b", user "c" must_keep
"""

from __future__ import annotations

from collections.abc import Iterator

from token_optimizer.models import Block, BlockType, Kind

_SPEAKERS = frozenset({BlockType.USER, BlockType.ASSISTANT})


def keep_last_n_turns(blocks: list[Block], n: int) -> list[Block]:
    """The blocks, with the prose of the last `n` turns marked `must_keep`; none for n = 0."""
    turns = _turns(blocks)
    first_kept = max(max(turns, default=-1) - n + 1, 0)
    return [
        block
        if block.must_keep or turn < first_kept or n <= 0 or not _is_spoken(block)
        else block.but(must_keep=True)
        for block, turn in zip(blocks, turns, strict=True)
    ]


def _turns(blocks: list[Block]) -> list[int]:
    """The turn of each block, counted from 0; -1 before the first."""
    if any(block.turn >= 0 for block in blocks):
        return [block.turn for block in blocks]
    return list(_derived_turns(blocks))


def _derived_turns(blocks: list[Block]) -> Iterator[int]:
    turn, user_speaks = -1, False
    for block in blocks:
        if block.type not in _SPEAKERS or block.tool_result:
            yield -1
            continue
        if block.type is BlockType.USER and not user_speaks:
            turn += 1
        user_speaks = block.type is BlockType.USER
        yield turn


def _is_spoken(block: Block) -> bool:
    return block.type in _SPEAKERS and block.kind is Kind.PROSE and not block.tool_result
