import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import blocks_of_any_kind, check_pure
from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.optimizer.heuristics import keep_last_n_turns

CHAT = [
    Block("be brief", type=BlockType.SYSTEM),
    Block("q1"),
    Block("a1", type=BlockType.ASSISTANT),
    Block("q2, first part"),
    Block("q2, second part"),
    Block("a2", type=BlockType.ASSISTANT),
    Block("q3"),
]


def kept(blocks: list[Block], n: int) -> list[str]:
    return [block.content for block in keep_last_n_turns(blocks, n) if block.must_keep]


@pytest.mark.parametrize(
    ("n", "texts"),
    [
        (0, []),
        (1, ["q3"]),
        (2, ["q2, first part", "q2, second part", "a2", "q3"]),
        (3, [block.content for block in CHAT[1:]]),
        (99, [block.content for block in CHAT[1:]]),
    ],
)
def test_the_last_turns_of_plain_blocks(n, texts):
    assert kept(CHAT, n) == texts


def test_the_turns_that_blocks_name_hold():
    blocks = [
        Block("a", turn=0),
        Block("b", turn=1),
        Block("c", type=BlockType.ASSISTANT, turn=1),
        Block("s", turn=-1),
    ]
    assert kept(blocks, 1) == ["b", "c"]


def test_a_tool_result_starts_no_turn():
    blocks = [
        Block("q"),
        Block("a", type=BlockType.ASSISTANT),
        Block("42 rows", tool_result=True),
        Block("b", type="assistant"),
    ]
    assert kept(blocks, 1) == ["q", "a", "b"]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PROSE])
def test_bulk_is_not_protected(kind):
    assert kept([Block("q", turn=0), Block("bulk", kind=kind, turn=0)], 1) == ["q"]


def test_what_was_protected_before_stays_so():
    assert kept([Block("old", must_keep=True, turn=0), Block("new", turn=1)], 1) == ["old", "new"]


@given(blocks_of_any_kind, st.integers(-1, 5))
def test_it_is_pure_and_changes_nothing_but_the_mark(blocks, n):
    check_pure(lambda some: keep_last_n_turns(some, n), blocks)
    marked = keep_last_n_turns(blocks, n)
    assert [(block.id, block.content) for block in marked] == [(block.id, block.content) for block in blocks]
    assert keep_last_n_turns(marked, n) == marked
