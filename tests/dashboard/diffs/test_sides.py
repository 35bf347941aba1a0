"""Two texts side by side as HTML."""

from __future__ import annotations

from dashboard.diffs.sides import Row, side_by_side

LINES = "".join(f"line {n}\n" for n in range(20))


def test_words_of_a_changed_line_are_marked() -> None:
    (row,) = side_by_side("keep this old word", "keep this new word")
    assert row == Row("keep this <del>old</del> word", "keep this <ins>new</ins> word", changed=True)


def test_a_long_stretch_without_a_change_is_folded() -> None:
    rows = side_by_side(f"{LINES}old\n{LINES}", f"{LINES}new\n{LINES}")
    assert [row.lines for row in rows] == [17, 0, 0, 0, 17]
    assert rows[1].before == "line 17\nline 18\nline 19\n"
    assert rows[2].changed


def test_a_text_without_a_change_shows_its_beginning() -> None:
    assert [row.lines for row in side_by_side(LINES, LINES)] == [0, 17]
    assert [row.lines for row in side_by_side("short\n", "short\n")] == [0]


def test_what_is_on_one_side_alone() -> None:
    assert side_by_side("gone\n", "") == [Row("<del>gone\n</del>", "", changed=True)]
    assert side_by_side("", "") == []


def test_markup_is_escaped_and_what_turns_text_around_is_shown() -> None:
    (row,) = side_by_side("<b>\u202ex", "<b>\u202ex")
    assert row.before == '&lt;b&gt;<span class="ctl">U+202E</span>x'
