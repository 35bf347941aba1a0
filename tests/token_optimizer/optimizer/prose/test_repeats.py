from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import (
    any_text,
    check_never_worse,
    check_optimized,
    check_unchanged,
)
from token_optimizer.optimizer.heuristics import collapse_repeats
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.prose.repeats import collapsed
from token_optimizer.text.lines import count_lines, line_starts, lines_of


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Hello!" * 50, "[50 times “Hello!”]"),
        ("You are helpful." * 100, "[100 times “You are helpful.”]"),
        ("Hi" * 50, "[50 times “Hi”]"),
        (
            "So: " + "try it again now, " * 2000 + "and stop.",
            "So: [2,000 times “try it again now, ”]and stop.",
        ),
        (
            "a\n" + "retrying the connection\n" * 812 + "b",
            "a\nretrying the connection [this line 812 times]\nb",
        ),
        ("GET /health 200 OK\r\n" * 9, "GET /health 200 OK [this line 9 times]\r\n"),
        ("    indented line stays so\n" * 9 + "x", "    indented line stays so [this line 9 times]\nx"),
        ("<br/>" * 40, "[40 times “<br/>”]"),
        ("go " + "left " * 12 + "stop", "go [12 times “left ”]stop"),
        ("go left " * 12 + "stop", "[12 times “go left ”]stop"),
        ("go left\n" * 12 + "stop", "go left [this line 12 times]\nstop"),
        (("go " + "left " * 12 + "stop\n") * 5, "go [12 times “left ”]stop [this line 5 times]\n"),
    ],
)
def test_a_run_becomes_one_and_a_count(before, after):
    check_optimized(collapse_repeats, before, after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello! " * 3,
        "}\n" * 6,
        "-" * 400,
        "| --- | --- | --- | --- | --- | --- |",
        "0" * 400,
        "0, 0, 1, " * 40,
        " " * 400,
        "\n" * 400,
        "token=9f" + "A" * 400 + "xyz",
        "key: value " + "\nfirst\nsecond" * 12,
        "retrying [this line 9 times]\n" + "left " * 50,
        "go [9 times “left ”]stop " + "left " * 50,
        "The cat sat on the mat. The dog sat on the rug. The cow sat on the hay. The pig sat on the cow.",
    ],
)
def test_what_is_no_run_or_would_not_be_shorter_stays(text):
    check_unchanged(collapse_repeats, text)


@pytest.mark.parametrize("unit", ["a", "ab", "Hello! ", "x" * 700 + "\n", "é\n", "\ud800a!"])
def test_long_runs_end(unit):
    times = 2_000_000 // len(unit)
    assert len(collapse_repeats(unit * times)) < 2_000


@pytest.mark.parametrize("text", ["a" * 300 + "b", "ab" * 100 + "c", "abababac" * 3 + "\n"])
def test_nearly_periodic_text_ends(text):
    check_never_worse(collapse_repeats, text * 3_000)


def expanded(text: MarkedText) -> str:
    """The text that the marks stand for: the phrases first, for a line may repeat them."""
    parts: list[MarkedText | str] = []
    done = 0
    for marker in text.markers:
        parts.append(text.text[done : marker.start])
        mark = text.part(marker.start, marker.end)
        phrase = mark.text[mark.text.find("“") + 1 : -2]
        parts.append(phrase * marker.count if marker.unit == "phrase" else mark)
        done = marker.end
    phrases = joined([*parts, text.text[done:]])
    lines, starts = phrases.text.split("\n"), line_starts(lines_of(phrases.text))
    for marker in reversed(phrases.markers):
        at = bisect_right(starts, marker.start) - 1
        line = lines[at].replace(f" {phrases.text[marker.start : marker.end]}", "")
        lines[at : at + 1] = [line] * marker.count
    return "\n".join(lines)


units = st.text("ab .\n!é\r", min_size=1, max_size=20)


@given(st.lists(st.tuples(units, st.integers(1, 60)), max_size=5))
def test_what_was_collapsed_can_be_expanded_again_to_the_character(runs):
    text = "".join(unit * times for unit, times in runs)
    assert expanded(collapsed(text)) == text


@given(st.lists(units, max_size=4), st.integers(2, 6), st.integers(2, 40))
def test_nested_runs_can_be_expanded_again(parts, inner, outer):
    text = ("".join(part * inner for part in parts) + "|") * outer
    assert expanded(collapsed(text)) == text


@given(any_text | st.text("ab “”[]times\n 4", max_size=400))
def test_any_text_can_be_expanded_again(text):
    assert expanded(collapsed(text)) == text


def test_other_runs_become_other_texts():
    texts = [
        "go " + "left " * 12,
        "go left " * 12,
        "go left\n" * 12,
        ("go " + "left " * 6) * 2,
        "go " + "left" * 12,
    ]
    assert len({collapse_repeats(text) for text in texts}) == len(texts)


def test_a_line_counts_for_all_that_it_stands_for():
    text = collapsed("start\n" + "retrying the connection\n" * 812 + "end")
    assert text.lines_meant(0, len(text.text), count_lines(text.text)) == 814


@given(st.lists(st.tuples(units, st.integers(1, 60)), max_size=5))
def test_never_worse_on_runs(runs):
    check_never_worse(collapse_repeats, "".join(unit * times for unit, times in runs))


@given(any_text)
def test_never_worse(text):
    check_never_worse(collapse_repeats, text)


@given(st.lists(units, max_size=4), st.integers(2, 6), st.integers(2, 40))
def test_never_worse_on_nested_runs(parts, inner, outer):
    check_never_worse(collapse_repeats, ("".join(part * inner for part in parts) + "|") * outer)
