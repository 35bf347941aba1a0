"""Markers say what was left out, are known by their places, and have a handle each."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.models import Block, Marker
from token_optimizer.optimizer.marked_text import MarkedText, joined, relocated
from token_optimizer.optimizer.markers import (
    are_in_place,
    cut_marker,
    json_marker,
    lines_copy_marker,
    marked_compression,
    marker_tokens,
    place_name,
    restored_marker,
    stored_marker,
    turns_marker,
    was_cut,
    with_text,
    with_true_references,
    with_unique_handles,
    without_markers,
)
from token_optimizer.text.counting import token_counts

LINES = cut_marker("line", 12, "twelve lines")


def _block(*parts: MarkedText | str, show_handles: bool = False, **fields: object) -> Block:
    return with_text(Block("", **fields), joined(parts), show_handles)


def _words(block: Block) -> list[str]:
    return [block.content[marker.start : marker.end] for marker in block.markers]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (LINES, "[… 12 lines left out]"),
        (cut_marker("line", 1, ""), "[… 1 line left out]"),
        (cut_marker("line", 1_459, "", 9), "[… 1,459 lines left out; 9 more like the line above]"),
        (json_marker(["96 of 99 items"], 96, "", ""), "[… 96 of 99 items left out]"),
        (json_marker(["3 of 9 items"], 3, "", "id 1–3"), "[… 3 of 9 items left out. All had: id 1–3]"),
        (turns_marker(1, "", []), "[1 older message left out]"),
        (turns_marker(2, "", [MarkedText("NEVER.")]), "[2 older messages left out; the user said in them:]"),
        (restored_marker(place_name(2, "tool")), "[left out of message 3 (tool) before, asked for now:]"),
        (stored_marker("Handbook"), '[added, from the stored document "Handbook":]'),
    ],
)
def test_a_marker_says_what_is_gone_and_where_it_stands(marked: MarkedText, text: str) -> None:
    (marker,) = marked.markers
    assert marked.text[marker.start : marker.end] == text


def test_places_move_with_the_text() -> None:
    text = joined(["one\n", LINES, "\ntwo\n", cut_marker("line", 3, "three"), "\nthree"])
    assert [text.text[one.start : one.end] for one in text.markers] == [LINES.text, "[… 3 lines left out]"]
    assert list(text.pieces()) == ["one\n", "\ntwo\n", "\nthree"]
    part = text.part(text.markers[1].start, len(text.text))
    assert (part.text, part.markers[0].start, part.markers[0].count) == ("[… 3 lines left out]\nthree", 0, 3)
    assert text.lines_meant(0, len(text.text), 5) == 18


def test_a_text_that_looks_like_a_marker_is_none() -> None:
    text = joined([f"{LINES.text}\n", LINES, "\n"])
    assert not text.is_marker(0, len(LINES.text) + 1)
    assert text.is_marker(len(LINES.text) + 1, len(text.text))
    block = _block(text)
    assert without_markers(block) == f"{LINES.text}\n\n"
    assert was_cut(block)
    assert not was_cut(Block(block.content))


@given(any_text, any_text, any_text, st.data())
def test_markers_are_found_again_in_a_text_that_was_rewritten_around_them(
    before: str, between: str, behind: str, data: st.DataObject
) -> None:
    text = joined([before, LINES, between, LINES, behind])
    pieces = data.draw(st.lists(any_text, min_size=3, max_size=3))
    rewritten = joined([pieces[0], LINES, pieces[1], LINES, pieces[2]])
    found = relocated(text.markers, text.text, rewritten.text)
    # More or fewer of the same words: which of them is the marker is not known.
    if text.text.count(LINES.text) == rewritten.text.count(LINES.text) == 2:
        assert found == rewritten.markers
    assert relocated(text.markers, text.text, before + between) is None or LINES.text in before + between


def test_a_handle_is_the_same_each_time_and_another_for_another_text() -> None:
    (first,), (again,), (other,) = (
        cut_marker("line", 12, text).markers for text in ("twelve lines", "twelve lines", "other lines")
    )
    assert first.handle == again.handle == 461_621
    assert first.handle != other.handle
    assert 100_000 <= other.handle < 1_000_000


def test_handles_are_written_where_they_are_of_use() -> None:
    hidden = _block("a\n", LINES, "\nb\n", stored_marker("x"))
    shown = _block("a\n", LINES, "\nb\n", stored_marker("x"), show_handles=True)
    assert hidden.content == f'a\n{LINES.text}\nb\n[added, from the stored document "x":]'
    assert shown.content == (
        f'a\n[… 12 lines left out #{LINES.markers[0].handle}]\nb\n[added, from the stored document "x":]'
    )
    assert are_in_place(shown)
    assert with_text(shown, MarkedText.of(shown), show_handles=True) is shown


@pytest.mark.parametrize("show_handles", [False, True])
def test_a_marker_costs_what_is_reckoned(show_handles: bool) -> None:
    assert token_counts([_block(LINES, show_handles=show_handles).content]) == [marker_tokens(show_handles)]


@pytest.mark.parametrize("show_handles", [False, True])
def test_of_two_handles_that_meet_the_later_takes_the_next(show_handles: bool) -> None:
    handle = LINES.markers[0].handle
    following = MarkedText(LINES.text, (replace(LINES.markers[0], handle=handle + 1),))
    blocks = [
        _block("a ", LINES, " b ", following, show_handles=show_handles, id="new"),
        _block(LINES, " c ", LINES, show_handles=show_handles, id="newer"),
        _block(LINES, show_handles=show_handles, id="sent", frozen=True),
    ]
    first, second, sent = with_unique_handles(blocks)
    assert sent is blocks[2]
    handles = [marker.handle for block in (sent, first, second) for marker in block.markers]
    assert handles == [handle, handle + 1, handle + 2, handle + 3, handle + 4]
    assert all(map(are_in_place, (first, second)))
    if show_handles:
        assert re.findall(r"#(\d+)", first.content) == [str(handle + 1), str(handle + 2)]
    assert with_unique_handles([first, second, sent]) == [first, second, sent]


def test_where_no_handles_meet_nothing_is_done() -> None:
    blocks = (_block(LINES), _block(cut_marker("line", 3, "three")))
    assert with_unique_handles(blocks) is blocks


@pytest.mark.parametrize("marker", [Marker(0, 4, "cut"), Marker(2, 50, "cut"), Marker(1, 5, "cut")])
def test_a_marker_that_is_not_where_it_should_be_is_seen(marker: Marker) -> None:
    assert not are_in_place(Block("a [x] b", markers=(marker,)))
    assert are_in_place(Block("a [x] b", markers=(Marker(2, 5, "cut"),)))


def test_the_markers_of_a_stored_compression_are_those_that_the_original_does_not_have() -> None:
    original = "One. [… 3 words left out] Two. Three. Four."
    text = marked_compression("One. [… 3 words left out] [… 2 passages left out] Four.", original)
    assert [(one.unit, one.count) for one in text.markers] == [("passage", 2)]
    assert text.text[text.markers[0].start : text.markers[0].end] == "[… 2 passages left out]"


def _reference(copy_of: str) -> MarkedText:
    return lines_copy_marker(["a", "b"], "in message 3 (tool)", "a", "b", copy_of)


def test_a_reference_to_what_was_cut_since_becomes_a_plain_marker() -> None:
    blocks = [
        _block("x\n", _reference("cut"), "\ny\n", _reference("whole"), id="both"),
        _block(_reference("gone"), id="other"),
        _block(_reference("cut"), id="sent", frozen=True),
        _block("a\nb\n", id="whole"),
        _block(LINES, id="cut"),
    ]
    both, other, *rest = with_true_references(blocks, show_handles=False)
    assert both.content == f"x\n[… 2 lines left out]\ny\n{_reference('whole').text}"
    assert [marker.kind for marker in both.markers] == ["cut", "copy"]
    assert other.content == "[… 2 lines left out]"
    assert rest == blocks[2:]
    assert with_true_references([both, *rest], show_handles=False) == [both, *rest]


def test_a_reference_to_what_cannot_be_cut_stays() -> None:
    blocks = [_block(_reference("old")), _block("a\nb\n", LINES, id="old", must_keep=True)]
    assert with_true_references(blocks, show_handles=False) is blocks
