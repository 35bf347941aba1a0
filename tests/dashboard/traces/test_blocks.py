"""Groups and folds of blocks."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.traces.blocks import BlockRow, Fold, block_rows, groups
from tests.dashboard.traces.rows import block


def rows(*blocks: dict[str, Any]) -> list[BlockRow]:
    return block_rows(blocks)


@pytest.mark.parametrize(
    ("fields", "group"),
    [
        ({"turn": -1, "type": "system"}, "system"),
        ({"kind": "framing", "turn": -1}, "framing"),
        ({"type": "tool", "kind": "schema", "turn": -1}, "tools"),
        ({"type": "tool", "kind": "log", "turn": 2}, "turn-3"),
        ({"type": "doc", "kind": "document", "turn": 2}, "documents"),
    ],
)
def test_groups_of_blocks(fields: dict[str, Any], group: str) -> None:
    assert rows(block(5, 5, **fields))[0].group == group


def test_few_blocks_stand_open() -> None:
    assert all(group.open for group in groups(rows(*(block(5, 5, turn=n // 9) for n in range(60)))))


def test_many_blocks_open_only_where_most_was_cut() -> None:
    many = rows(*(block(50, 50 if n < 55 else 3, turn=n // 11) for n in range(66)))
    assert [group.key for group in groups(many) if group.open] == ["turn-6"]
    assert [group.key for group in groups(many, frozenset(["turn-2"])) if group.open] == ["turn-2"]


def test_newest_turn_is_named() -> None:
    found = groups(rows(block(5, 5, turn=0), block(5, 5, turn=1)))
    assert [group.label for group in found] == ["Turn 1", "Turn 2, newest"]


def test_more_than_eight_alike_fold() -> None:
    alike = [block(90, 30, type="tool", kind="schema", reason="first sentence kept") for _ in range(9)]
    (group,) = groups(rows(*alike, block(7, 7, type="tool", kind="schema")))
    fold, last = group.lines
    assert isinstance(fold, Fold)
    assert (fold.count, fold.before, fold.after, fold.what) == (9, 810, 270, "tools")
    assert isinstance(last, BlockRow)
    assert len(groups(rows(*alike[:8]))[0].lines) == 8


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"kind": "framing"}, "message overhead"),
        ({"type": "tool", "kind": "schema"}, "tool"),
        ({"type": "tool", "kind": "call"}, "tool call"),
        ({"type": "tool", "kind": "log"}, "tool result, log"),
        ({"type": "assistant"}, "assistant"),
        ({"type": "doc", "kind": "document"}, "document"),
        ({"kind": "json"}, "user, json"),
    ],
)
def test_what_a_block_is(fields: dict[str, Any], what: str) -> None:
    assert rows(block(5, 5, **fields))[0].what == what


def test_blocks_of_an_older_version_are_read() -> None:
    (row,) = rows({"tokens_before": 4, "tokens_after": 4})
    assert (row.fate, row.group, row.why) == ("kept", "system", "unchanged")


def test_a_reason_names_other_blocks_by_the_numbers_of_their_rows() -> None:
    reason = "the same text as b0, in b7.py"
    rows = block_rows([block(9, 9, id="b0"), block(9, 2, id="b1", reason=reason)])
    assert rows[1].why == "the same text as #1, in b7.py"
