"""The geometry of the prompt strip."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.traces.blocks import BlockRow, block_rows
from dashboard.traces.strip import MAX_RUNS, SMALL_HEIGHT, prompt_strip, small_strip
from tests.dashboard.traces.rows import block


def rows(*blocks: dict[str, Any]) -> list[BlockRow]:
    return block_rows(blocks)


def test_width_is_tokens_before_and_ink_what_was_sent() -> None:
    strip = prompt_strip(rows(block(600, 600), block(400, 100)))
    kept, rewritten = strip.runs
    assert (kept.x, kept.width, kept.ink) == (0, 60, 100)
    assert (rewritten.x, rewritten.width, rewritten.ink) == (60, 40, 25)
    assert (rewritten.y, rewritten.height, rewritten.ink_y, rewritten.ink_height) == (12, 64, 60, 16)
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


def test_more_blocks_than_can_be_told_apart_are_drawn_by_slices() -> None:
    strip = prompt_strip(rows(*(block(900, (900, 300, 0)[n % 3]) for n in range(2_000))))
    assert len(strip.runs) <= MAX_RUNS * 2
    assert strip.is_fine
    area = sum(run.width * run.ink / 10_000 for run in strip.runs)
    assert area * strip.before == pytest.approx(strip.after, rel=0.001)
    first = [run.number for run in strip.runs]
    assert first == sorted(first)
    assert strip.runs[1].label == "3 of #2–8, Rewritten, 2,700 → 900"
    assert not prompt_strip(rows(*(block(900, n % 900) for n in range(60)))).is_fine
