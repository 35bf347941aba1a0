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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Hello!" * 50, "Hello! [repeated 50 times]"),
        ("You are helpful." * 100, "You are helpful. [repeated 100 times]"),
        ("Hi" * 50, "Hi [repeated 50 times]"),
        (
            "So: " + "try it again now, " * 2000 + "and stop.",
            "So: try it again now, [repeated 2,000 times] and stop.",
        ),
        (
            "a\n" + "retrying the connection\n" * 812 + "b",
            "a\nretrying the connection [repeated 812 times]\nb",
        ),
        ("GET /health 200 OK\r\n" * 9, "GET /health 200 OK [repeated 9 times]\r\n"),
        ("    indented line stays so\n" * 9 + "x", "    indented line stays so [repeated 9 times]\nx"),
        ("<br/>" * 40, "<br/> [repeated 40 times]"),
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


units = st.text("ab .\n!é", min_size=1, max_size=20)


@given(st.lists(st.tuples(units, st.integers(1, 60)), max_size=5))
def test_never_worse_on_runs(runs):
    check_never_worse(collapse_repeats, "".join(unit * times for unit, times in runs))


@given(any_text)
def test_never_worse(text):
    check_never_worse(collapse_repeats, text)


@given(st.lists(units, max_size=4), st.integers(2, 6), st.integers(2, 40))
def test_never_worse_on_nested_runs(parts, inner, outer):
    check_never_worse(collapse_repeats, ("".join(part * inner for part in parts) + "|") * outer)
