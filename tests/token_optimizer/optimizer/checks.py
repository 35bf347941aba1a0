"""What the tests of all rules share: the two checks, and blocks and texts to try rules on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from hypothesis import strategies as st

from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.text.counting import token_counts

TextRule = Callable[[str], str]

any_text = st.text(st.characters(), max_size=300)
# What some programs take for the end of a line, and others do not.
hostile_lines = st.builds(
    "{}{}{}".format,
    st.sampled_from(["ERROR it broke", "INFO all is well in the house today", "x"]),
    st.sampled_from(["", "\r", "\f", "\x85", "\u2028", "\u2029", "\x0b", "\x1c"]),
    st.sampled_from(["", " and so on", "\r", "\fINFO again"]),
)
blocks_of_any_kind = st.lists(
    st.builds(
        Block,
        content=st.one_of(
            st.sampled_from(["", "  ", "Sure.", "You MUST stop. Ok?", "same text " * 30]), any_text
        ),
        type=st.sampled_from(list(BlockType)),
        kind=st.sampled_from(list(Kind)),
        must_keep=st.booleans(),
        verbatim=st.booleans(),
        tool_result=st.booleans(),
        turn=st.integers(-1, 3),
    ),
    max_size=12,
)


def check_unchanged(rule: TextRule, text: str) -> None:
    """The rule leaves the text exactly as it is."""
    assert rule(text) == text


def check_optimized(rule: TextRule, before: str, after: str) -> None:
    """The rule makes `after` of `before`, with no more tokens, and a second run changes nothing."""
    assert rule(before) == after
    check_never_worse(rule, before)


def check_never_worse(rule: TextRule, text: str) -> None:
    """What holds for any text: no more tokens than before, and a second run changes nothing."""
    once = rule(text)
    before, after = token_counts([text, once])
    assert after <= before
    assert rule(once) == once


def check_pure(rule: Callable[[list[Block]], object], blocks: list[Block]) -> None:
    """The rule changes no block in place, and gives the same for the same blocks."""
    before = deepcopy(blocks)
    first = rule(blocks)
    assert blocks == before
    assert rule(blocks) == first


def contents(blocks: list[Block]) -> list[str]:
    return [block.content for block in blocks]
