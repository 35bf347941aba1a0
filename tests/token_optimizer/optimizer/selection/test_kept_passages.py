"""The text that is left of kept passages, and the markers between them."""

from __future__ import annotations

from token_optimizer.models import Passage
from token_optimizer.optimizer.selection.kept_passages import keep_passages, keep_sentences

TEXT = "".join(f"line {n}\n" for n in range(6))
LINES = [Passage(7 * n, 7 * n + 7) for n in range(6)]


def test_every_gap_has_one_marker_and_kept_lines_are_as_they_were() -> None:
    kept = keep_passages(TEXT, LINES, frozenset({0, 4}))
    assert kept == "line 0\n[… 3 lines left out]\nline 4\n[… 1 line left out]\n"


def test_sentences_are_counted_as_passages() -> None:
    text = "One. Two. Three."
    passages = [Passage(0, 5), Passage(5, 10), Passage(10, 16)]
    assert keep_sentences(text, passages, frozenset({2})) == "[… 2 passages left out]Three."
