"""Two texts side by side as HTML."""

from __future__ import annotations

from dashboard.diffs.sides import MAX_ROW_LINES, Fold, Row, side_by_side

LINES = "".join(f"line {n}\n" for n in range(20))


def folded(before: str, after: str) -> list[int]:
    """How many lines each row folds away."""
    return [row.lines if isinstance(row, Fold) else 0 for row in side_by_side(before, after)]


def test_words_of_a_changed_line_are_marked() -> None:
    (row,) = side_by_side("keep this old word", "keep this new word")
    assert row == Row("keep this <del>old</del> word", "keep this <ins>new</ins> word", changed=True)


def test_a_long_stretch_without_a_change_is_folded() -> None:
    before, after = f"{LINES}old\n{LINES}", f"{LINES}new\n{LINES}"
    assert folded(before, after) == [17, 0, 0, 0, 17]
    _, shown, changed, *_ = side_by_side(before, after)
    assert isinstance(shown, Row)
    assert shown.before == "line 17\nline 18\nline 19\n"
    assert isinstance(changed, Row)
    assert changed.changed


def test_a_text_without_a_change_shows_its_beginning() -> None:
    assert folded(LINES, LINES) == [0, 17]
    assert folded("short\n", "short\n") == [0]


def test_what_is_on_one_side_alone() -> None:
    assert side_by_side("gone\n", "") == [Row("<del>gone\n</del>", "", changed=True)]
    assert side_by_side("", "") == []


def test_markup_is_escaped_and_what_turns_text_around_is_shown() -> None:
    (row,) = side_by_side("<b>\u202ex", "<b>\u202ex")
    assert isinstance(row, Row)
    assert row.before == '&lt;b&gt;<span class="ctl">U+202E</span>x'


def test_long_stretches_are_rows_that_browsers_can_skip() -> None:
    text = "".join(f"line {n}\n" for n in range(1_000))
    gone = side_by_side(text, "")
    assert [row.before.count("line") for row in gone if isinstance(row, Row)] == [MAX_ROW_LINES] * 5
    _, rest = side_by_side(text, text)
    assert isinstance(rest, Fold)
    assert (len(rest.rows), rest.lines) == (5, 997)
