"""What a trace has of what the optimizer did."""

from __future__ import annotations

from optimizer_app.traces.stats import MAX_BLOCKS, columns_of
from token_optimizer.models import BlockFate, BlockType, Kind, OptimizationStats


def fates(count: int) -> list[BlockFate]:
    """Every third one is cut."""
    return [
        BlockFate(
            id=str(number),
            type=BlockType.USER,
            kind=Kind.PROSE,
            fate="kept" if number % 3 else "rewritten",
            frozen=False,
            stage="" if number % 3 else "junk",
            reason="",
            tokens_before=5,
            tokens_after=5 if number % 3 else 2,
        )
        for number in range(count)
    ]


def blocks_of(stats: OptimizationStats) -> list[dict[str, object]]:
    """Those of the trace, as the recorder spells them out."""
    return [fate.as_dict() for fate in columns_of(stats)["fates"]]


def test_a_trace_has_every_block_up_to_its_bound() -> None:
    stats = OptimizationStats("", 0, 0, blocks=fates(MAX_BLOCKS))
    assert blocks_of(stats) == [block.as_dict() for block in stats.blocks]


def test_what_is_past_the_bound_is_counted_together() -> None:
    stats = OptimizationStats("", 0, 0, blocks=fates(MAX_BLOCKS + 9_000))
    blocks = blocks_of(stats)
    first, others = blocks[:MAX_BLOCKS], blocks[MAX_BLOCKS:]
    assert first == [block.as_dict() for block in stats.blocks[:MAX_BLOCKS]]
    assert {(block["fate"], block["stage"], block["reason"]) for block in others} == {
        ("kept", "", "6000 blocks, counted together"),
        ("rewritten", "junk", "3000 blocks, counted together"),
    }
    for side in ("tokens_before", "tokens_after"):
        assert sum(block[side] for block in blocks) == sum(getattr(block, side) for block in stats.blocks)
