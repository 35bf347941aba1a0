import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import (
    any_text,
    check_never_worse,
    check_optimized,
    check_unchanged,
)
from token_optimizer.optimizer.heuristics import squeeze_whitespace


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one  \ntwo\t\nthree", "one\ntwo\nthree"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("one\n\n\n\ntwo", "one\n\ntwo"),
        ("one\n \n\t\n  \n\n\ntwo", "one\n\ntwo"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://a.example\x07link\x1b]8;;\x07", "link"),
        ("\x1b[\x1b[0m31mx", "[31mx"),
    ],
)
def test_what_no_reader_sees_goes(before, after):
    check_optimized(squeeze_whitespace, before, after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "    indented\n\tby tab",
        "two  spaces  inside",
        "one\n\n\ntwo blank lines stay",
        "Result: ",
        "progress 1%\rprogress 2%",
    ],
)
def test_what_can_mean_something_stays(text):
    check_unchanged(squeeze_whitespace, text)


@pytest.mark.parametrize(
    "text", ["\x1b" * 300_000, "\x1b]a" * 100_000, (" " * 300_000 + "x \n") * 2, "\r" * 300_000 + "\n"]
)
def test_hostile_input_ends(text):
    assert len(squeeze_whitespace(text)) < len(text)


@given(st.one_of(any_text, st.text(" \t\r\nx\x1b[m0", max_size=60)))
def test_never_worse(text):
    check_never_worse(squeeze_whitespace, text)
