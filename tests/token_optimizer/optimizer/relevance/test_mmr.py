"""Maximal marginal relevance, by vectors made for it."""

import numpy as np
import pytest

from token_optimizer.errors import ConfigError
from token_optimizer.models import Block
from token_optimizer.optimizer.relevance.mmr import mmr_selection

QUERY = [1.0, 0.0, 0.0]
NEAR = Block("near", embedding=[0.9, 0.436, 0.0])
TWIN = Block("twin of near", embedding=[0.89, 0.456, 0.0])
OTHER = Block("other", embedding=[0.7, 0.0, 0.714])
AWAY = Block("away", embedding=[-1.0, 0.0, 0.0])
BLOCKS = [AWAY, TWIN, OTHER, NEAR]


def contents(blocks: list[Block]) -> list[str]:
    return [block.content for block in blocks]


@pytest.mark.parametrize(
    ("lambda_param", "chosen"),
    [
        (1.0, ["near", "twin of near", "other"]),
        (0.7, ["near", "twin of near", "other"]),
        (0.5, ["near", "other", "twin of near"]),
    ],
)
def test_what_says_the_same_comes_later(lambda_param: float, chosen: list[str]) -> None:
    assert contents(mmr_selection(BLOCKS, QUERY, lambda_param, 3)) == chosen


def test_lengths_of_vectors_do_not_matter() -> None:
    long = Block("long", embedding=np.array([0.5, 5.0, 0.0]))
    assert contents(mmr_selection([long, OTHER], np.array([[3.0, 0.0, 0.0]]), 0.7, 1)) == ["other"]


def test_of_equals_the_earlier_comes_first() -> None:
    same = [Block(name, embedding=[1.0, 1.0, 0.0]) for name in "abc"]
    assert contents(mmr_selection(same, QUERY, 1.0, 2)) == ["a", "b"]


def test_blocks_without_a_vector_come_after_what_is_near() -> None:
    blank, zero = Block("blank"), Block("zero", embedding=[0.0, 0.0, 0.0])
    assert contents(mmr_selection([blank, zero, NEAR], QUERY, 0.7, 5)) == ["near", "blank", "zero"]


@pytest.mark.parametrize(("blocks", "top_k"), [([], 3), (BLOCKS, 0), (BLOCKS, -1)])
def test_nothing_is_chosen_of_nothing(blocks: list[Block], top_k: int) -> None:
    assert mmr_selection(blocks, QUERY, 0.7, top_k) == []


def test_more_than_there_are_is_all_of_them() -> None:
    assert sorted(contents(mmr_selection(BLOCKS, QUERY, 0.7, 99))) == sorted(contents(BLOCKS))


def test_what_cannot_be_compared_is_named() -> None:
    with pytest.raises(ConfigError, match="2 numbers cannot be compared with one of 3"):
        mmr_selection([Block("a", embedding=[1.0, 0.0])], QUERY, 0.7, 1)
    with pytest.raises(ConfigError, match=r"lambda_param must be between 0 and 1, not 1\.5"):
        mmr_selection(BLOCKS, QUERY, 1.5, 1)
