"""One notion of a line."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.text.lines import count_lines, line_starts, lines_of, matches_at_lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n", ["\n"]),
        ("a", ["a"]),
        ("a\n", ["a\n"]),
        ("a\r\nb", ["a\r\n", "b"]),
        ("a\rb\fc\x85d\u2028e\x0bf\n\ng", ["a\rb\fc\x85d\u2028e\x0bf\n", "\n", "g"]),
    ],
)
def test_a_line_ends_at_a_line_feed_alone(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines
    assert count_lines(text) == len(lines)


@given(any_text)
def test_lines_are_the_whole_text(text: str) -> None:
    lines = lines_of(text)
    assert "".join(lines) == text
    assert count_lines(text) == len(lines)
    starts = line_starts(lines)
    assert [text[start:end] for start, end in pairwise(starts)] == lines


@given(any_text)
def test_matches_at_lines_are_those_that_a_search_finds(text: str) -> None:
    text = text.replace(" ", "\n")
    searched = re.compile(r"^[ \t]*[a-z]\w*", re.MULTILINE)
    found = matches_at_lines(re.compile(r"[ \t]*[a-z]\w*"), re.compile(r"\n[ \t]*+[a-z]"), text)
    assert [match.span() for match in found] == [match.span() for match in searched.finditer(text)]
