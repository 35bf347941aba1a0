"""The prompt strip and the groups of blocks: geometry and folding without a page."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.overview.charts import gauge
from dashboard.request.blocks import BlockRow, Fold, block_rows, groups
from dashboard.request.strip import SMALL_HEIGHT, prompt_strip, small_strip
from dashboard.request.views import stage_bars
from tests.dashboard.traces import block


def rows(*blocks: dict[str, Any]) -> list[BlockRow]:
    return block_rows(blocks)


def test_width_is_tokens_before_and_ink_what_was_sent() -> None:
    strip = prompt_strip(rows(block(600, 600), block(400, 100)))
    kept, rewritten = strip.runs
    assert (kept.x, kept.width, kept.ink) == (0, 60, 100)
    assert (rewritten.x, rewritten.width, rewritten.ink, rewritten.ink_top) == (60, 40, 25, 75)
    assert (strip.before, strip.after, strip.sent_percent) == (1000, 700, 70)


def test_ink_area_is_the_tokens_sent() -> None:
    strip = prompt_strip(rows(*(block(30 + n, (n * 7) % (30 + n)) for n in range(197))))
    area = sum(run.width * run.ink / 10_000 for run in strip.runs if run.fate != "dropped")
    assert area * strip.before == pytest.approx(strip.after, abs=2)


def test_narrow_neighbours_of_one_fate_are_one_run() -> None:
    strip = prompt_strip(rows(block(10_000, 10_000), *(block(10, 10) for _ in range(20)), block(10, 0)))
    assert [len(run.rows) for run in strip.runs] == [1, 20, 1]
    assert strip.runs[1].label == "#2–21 Kept, 20 blocks, 200 → 200"


def test_added_blocks_take_no_width() -> None:
    strip = prompt_strip(rows(block(100, 100), block(0, 20), block(100, 100)))
    assert [(run.fate, run.x, run.width) for run in strip.runs][1] == ("added", 50, 0)


def test_strip_of_a_prompt_without_tokens() -> None:
    strip = prompt_strip(rows(block(0, 0, fate="kept")))
    assert strip.runs == ()
    assert strip.sent_percent == 100


def test_lanes_are_named_where_they_fit() -> None:
    strip = prompt_strip(
        rows(
            block(500, 500, type="system", turn=-1),
            block(490, 490, turn=0),
            block(1, 1, turn=1),
            block(9, 9, kind="framing", type="system", turn=-1),
        )
    )
    assert [lane.label for lane in strip.lanes] == ["System", "1", "", ""]


def test_frozen_stretches_are_one_lane() -> None:
    frozen = prompt_strip(rows(block(5, 5, frozen=True), block(5, 2, frozen=True), block(10, 10))).frozen
    assert [(lane.x, lane.width) for lane in frozen] == [(0, 50)]


def test_small_strip_draws_one_path_a_fate() -> None:
    strip = small_strip(rows(block(50, 50), block(25, 5), block(25, 0)))
    assert strip.kept == f"M0.00 0.00h48.00v{SMALL_HEIGHT}.00h-48.00z"
    assert strip.rewritten.count("M") == strip.dropped.count("M") == 1


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


def test_stages_stand_one_after_another() -> None:
    bars = stage_bars([{"name": "junk", "ms": 1.0}, {"name": "logs", "ms": 3.0}])
    assert [(bar.x, bar.width) for bar in bars] == [(0, 25), (25, 75)]
    assert stage_bars([{"name": "junk", "ms": 0}])[0].width == 0


@pytest.mark.parametrize(("share", "end"), [(0, 0.1), (0.1, 0.1), (0.11, 0.25), (0.3, 0.5), (1, 1)])
def test_gauge_grows(share: float, end: float) -> None:
    assert gauge(share).end == end
    assert gauge(share).width == pytest.approx(share / end * 100)
