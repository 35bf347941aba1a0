from datetime import UTC, datetime

import pytest
from hypothesis import given

from tests.rules.tools import blocks_of_any_kind, check_pure, contents
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.heuristics import deduplicate, repeated_blocks
from token_optimizer.text import fingerprint

LONG = "The quarterly report says that revenue grew. " * 8
JANUARY, MARCH = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def test_the_newest_copy_stays():
    blocks = [Block("a", id="new", timestamp=MARCH), Block("b"), Block("a", id="old", timestamp=JANUARY)]
    assert [block.id for block in deduplicate(blocks)] == ["new", blocks[1].id]


def test_of_equal_times_the_later_stays():
    blocks = [Block("a", id="first", timestamp=MARCH), Block("a", id="second", timestamp=MARCH)]
    assert [block.id for block in deduplicate(blocks)] == ["second"]


def test_times_with_and_without_a_zone_compare():
    blocks = [
        Block("a", id="naive", timestamp=datetime(2026, 2, 1)),
        Block("a", id="aware", timestamp=JANUARY),
    ]
    assert [block.id for block in deduplicate(blocks)] == ["naive"]


def test_line_ends_do_not_make_a_difference_but_indentation_does():
    assert len(deduplicate([Block("if x:\n  y"), Block("if x:  \r\n  y\n"), Block("if x:\n    y")])) == 2


@pytest.mark.parametrize("field", ["must_keep", "verbatim"])
def test_protected_copies_stay_and_the_others_go(field):
    blocks = [Block("a", id="1", **{field: True}), Block("a", id="2"), Block("a", id="3", **{field: True})]
    assert [block.id for block in deduplicate(blocks)] == ["1", "3"]


@pytest.mark.parametrize("fields", [{"kind": Kind.CALL}, {"kind": Kind.FRAMING}, {"tool_result": True}])
def test_what_belongs_to_a_pair_is_not_dropped(fields):
    blocks = [Block("a", **fields), Block("a", **fields)]
    assert deduplicate(blocks) == blocks


def test_every_older_copy_refers_to_the_newest():
    blocks = [Block(LONG, id="a"), Block("between"), Block(LONG, id="b"), Block(LONG + "\n", id="c")]
    assert repeated_blocks(blocks, window=200) == {"a": "c", "b": "c"}


def test_a_copy_outside_the_window_starts_a_group_of_its_own():
    blocks = [Block(LONG, id="a"), Block(LONG, id="b"), Block("x"), Block("y"), Block(LONG, id="c")]
    assert repeated_blocks(blocks, window=2) == {"a": "b"}


def test_short_and_verbatim_blocks_are_no_references():
    assert repeated_blocks([Block("ok"), Block("ok")], window=200) == {}
    assert repeated_blocks([Block(LONG, verbatim=True), Block(LONG)], window=200) == {}


def test_a_block_that_must_be_kept_may_become_a_reference_since_nothing_is_lost():
    blocks = [Block(LONG, id="a", must_keep=True), Block(LONG, id="b")]
    assert repeated_blocks(blocks, window=200) == {"a": "b"}


def test_a_tool_result_may_become_a_reference():
    blocks = [Block(LONG, id="a", tool_result=True), Block(LONG, id="b", tool_result=True)]
    assert repeated_blocks(blocks, window=200) == {"a": "b"}


@given(blocks_of_any_kind)
def test_it_is_pure_and_drops_only_copies(blocks):
    check_pure(deduplicate, blocks)
    once = deduplicate(blocks)
    assert deduplicate(once) == once
    assert {fingerprint(text) for text in contents(blocks)} == {fingerprint(text) for text in contents(once)}
    assert [block for block in blocks if block.must_keep or block.verbatim] == [
        block for block in once if block.must_keep or block.verbatim
    ]
    assert all(newer != older for older, newer in repeated_blocks(blocks, window=5).items())
