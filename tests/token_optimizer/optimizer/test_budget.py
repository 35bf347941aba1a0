"""budget_select: must-keep first, then utility per token, within the shares of each type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.budget import budget_select
from token_optimizer.text.counting import token_counts


def _block(content: str, tokens: int, utility: float = 0.0, **fields: object) -> Block:
    return Block(content, BlockType.DOC, content, tokens=tokens, utility=utility, **fields)  # type: ignore[arg-type]


def test_the_guides_example() -> None:
    blocks = [
        Block(type="system", content="System", must_keep=True, tokens=100),  # type: ignore[arg-type]
        Block(type="user", content="User", must_keep=True, tokens=100),  # type: ignore[arg-type]
        Block(type="constraint", content="MUST", must_keep=True, tokens=50),  # type: ignore[arg-type]
        Block(type="assistant", content="Old", must_keep=False, tokens=5000),  # type: ignore[arg-type]
    ]
    result = budget_select(blocks, max_tokens=500, safety_margin=100)
    assert all(block in result for block in blocks if block.must_keep)
    assert sum(block.tokens for block in result) <= 500


def test_the_most_utility_per_token_goes_first_and_the_order_stays() -> None:
    blocks = [_block("dear", 80, 0.9), _block("cheap", 20, 0.5), _block("middling", 40, 0.6)]
    assert [block.content for block in budget_select(blocks, 60, 0, {})] == ["cheap", "middling"]


def test_each_type_has_its_share_and_an_unnamed_type_what_is_left() -> None:
    blocks = [_block(f"doc {n}", 40, 1.0) for n in range(3)] + [Block("said", id="s", tokens=60)]
    chosen = budget_select(blocks, 100, 0, {"doc": 0.4})
    assert [block.content for block in chosen] == ["doc 0", "said"]


def test_the_guides_fractions_are_taken() -> None:
    fractions = OptimizerConfig().per_type_budget_fraction
    blocks = [_block("doc", 40, 1.0), Block("said", id="s", tokens=30), Block("more", id="m", tokens=1)]
    assert [block.content for block in budget_select(blocks, 100, 0, fractions)] == ["doc", "said"]


@pytest.mark.parametrize(
    ("fractions", "chosen"),
    [
        ({"chat": 0.3}, ["asked", "answered"]),
        ({"chat": 0.2}, ["asked"]),
        ({"chat": 0.3, "assistant": 0.1}, ["asked"]),
    ],
)
def test_chat_is_the_share_of_user_and_assistant_together(
    fractions: dict[str, float], chosen: list[str]
) -> None:
    blocks = [
        Block("asked", BlockType.USER, "u", tokens=15, utility=1.0),
        Block("answered", BlockType.ASSISTANT, "a", tokens=15),
    ]
    assert [block.content for block in budget_select(blocks, 100, 0, dict(fractions))] == chosen


def test_shares_that_add_up_to_more_than_all_do_not_exceed_the_budget() -> None:
    blocks = [_block("doc", 80, 1.0), Block("said", id="s", tokens=80, utility=0.5)]
    chosen = budget_select(blocks, 100, 0, {BlockType.DOC: 1.0, BlockType.USER: 1.0})
    assert [block.content for block in chosen] == ["doc"]


def test_blocks_without_tokens_are_counted() -> None:
    text = "eleven men went to mow a meadow " * 40
    (tokens,) = token_counts([text])
    assert budget_select([Block(text)], tokens - 1, 0, {}) == []
    assert len(budget_select([Block(text)], tokens, 0, {})) == 1


def test_must_keep_stays_where_it_alone_is_more_than_the_budget() -> None:
    blocks = [_block("rule", 90, must_keep=True), _block("doc", 10, 1.0)]
    assert [block.content for block in budget_select(blocks, 50, 10, {})] == ["rule"]


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_that_is_none_is_named(share: float) -> None:
    with pytest.raises(ConfigError, match=r"per_type_fractions\['doc'\]"):
        budget_select([], 100, 0, {"doc": share})


@given(
    st.lists(
        st.builds(
            Block,
            content=st.just("text"),
            type=st.sampled_from(list(BlockType)),
            must_keep=st.booleans(),
            tokens=st.integers(1, 200),
            utility=st.floats(0, 1),
        ),
        max_size=20,
    ),
    st.integers(0, 1500),
    st.dictionaries(st.sampled_from(list(BlockType)), st.floats(0, 1)),
)
def test_all_must_keep_and_never_over_for_the_rest(
    blocks: list[Block], most: int, shares: dict[BlockType | str, float]
) -> None:
    chosen = budget_select(blocks, most, 0, shares)
    ids = [block.id for block in chosen]
    must = [block for block in blocks if block.must_keep]
    assert all(block.id in ids for block in must)
    assert sum(block.tokens for block in chosen) <= max(most, sum(block.tokens for block in must))
    assert ids == [block.id for block in blocks if block.id in ids]
