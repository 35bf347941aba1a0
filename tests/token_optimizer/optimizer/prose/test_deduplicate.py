from datetime import UTC, datetime

import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import blocks_of_any_kind, check_pure, contents
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.heuristics import deduplicate
from token_optimizer.text.lines import comparable

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


@given(blocks_of_any_kind)
def test_it_is_pure_and_drops_only_copies(blocks):
    check_pure(deduplicate, blocks)
    once = deduplicate(blocks)
    assert deduplicate(once) == once
    assert {comparable(text) for text in contents(blocks)} == {comparable(text) for text in contents(once)}
    assert [block for block in blocks if block.must_keep or block.verbatim] == [
        block for block in once if block.must_keep or block.verbatim
    ]
