"""The text that is left of kept passages, and the markers between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import hostile_lines
from token_optimizer.models import Passage
from token_optimizer.optimizer.code.passages import code_passages
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.selection.kept_passages import keep_passages, keep_sentences
from token_optimizer.text.lines import count_lines

TEXT = "".join(f"line {n}\n" for n in range(6))
LINES = [Passage(7 * n, 7 * n + 7) for n in range(6)]


def test_every_gap_has_one_marker_and_kept_lines_are_as_they_were() -> None:
    kept = keep_passages(MarkedText(TEXT), LINES, frozenset({0, 4}))
    assert kept.text == "line 0\n[… 3 lines left out]\nline 4\n[… 1 line left out]\n"


def test_sentences_are_counted_as_passages() -> None:
    text = "One. Two. Three."
    passages = [Passage(0, 5), Passage(5, 10), Passage(10, 16)]
    kept = keep_sentences(MarkedText(text), passages, frozenset({2}))
    assert kept.text == "[… 2 passages left out]Three."
    (marker,) = kept.markers
    assert (kept.text[marker.start : marker.end], marker.unit, marker.count) == (
        "[… 2 passages left out]",
        "passage",
        2,
    )


def test_a_marker_beside_a_gap_goes_into_it_with_what_it_counts() -> None:
    once = keep_passages(MarkedText(TEXT), LINES, frozenset({0, 3, 5}))
    assert once.text == "line 0\n[… 2 lines left out]\nline 3\n[… 1 line left out]\nline 5\n"
    lines = code_passages(once.text, None, once.markers)
    twice = keep_passages(once, lines, frozenset({0, 2}))
    assert twice.text == "line 0\n[… 4 lines left out]\nline 5\n"
    assert [marker.count for marker in twice.markers] == [4]
    kept = keep_passages(once, lines, frozenset({0, 1}))
    assert kept.text == "line 0\n[… 2 lines left out]\nline 3\n[… 2 lines left out]\n"


@given(st.lists(hostile_lines, max_size=30).map("\n".join), st.data())
def test_kept_lines_and_those_of_the_markers_are_all_lines(text: str, data: st.DataObject) -> None:
    source = MarkedText(text)
    for _ in range(2):
        passages = code_passages(source.text, None, source.markers)
        places = st.integers(0, len(passages) - 1) if passages else st.nothing()
        source = keep_passages(source, passages, data.draw(st.frozensets(places)))
        assert source.lines_meant(0, len(source.text), count_lines(source.text)) == count_lines(text)


def test_a_text_that_looks_like_a_marker_counts_as_the_line_it_is() -> None:
    text = "one\n[… 7 lines left out]\ntwo\nthree\n"
    lines = code_passages(text)
    assert len(lines) == 4
    assert keep_passages(MarkedText(text), lines, frozenset({0, 3})).text == (
        "one\n[… 2 lines left out]\nthree\n"
    )
