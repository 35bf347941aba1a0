"""What a compressor of words must leave as it is."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.models import Marker
from token_optimizer.optimizer.compression.llmlingua.literals import is_literal, protected_spans


@pytest.mark.parametrize(
    ("text", "protected"),
    [
        ("They walked along the river, and it's fine.", []),
        ("On 3 May 2024 or May 4, 2025 it is.", ["3 May 2024", "May 4, 2025"]),
        ("We may go in 3 days.", []),
        ("It cost 1 250 000 crowns.", ["1 250 000"]),
        ('He said "max size" and “so be it” now.', ['"max size"', "“so be it”"]),
        ("Set 'a b' to it's own.", ["'a b'"]),
        (
            "Run `git status -s` in <conf dir> or {{ user name }}.",
            ["`git status -s`", "<conf dir>", "{{ user name }}"],
        ),
        ("Ends in <|endoftext|> or [SEP].", ["<|endoftext|>", "[SEP]"]),
        ("See:\n```py\nx = 1\n\ny = 2\n```\nDone.", ["```py\nx = 1\n\ny = 2\n```"]),
        ("See:\n```py\nx = 1", ["```py\nx = 1"]),
        ("So:\n    x = call it\nDone.", ["    x = call it"]),
        ("| a b | c |\n|---|---|\nDone.", ["| a b | c |", "|---|---|"]),
        ("Be kind. You MUST NOT guess the name. Thanks.", [" You MUST NOT guess the name."]),
    ],
)
def test_protected_spans(text: str, protected: list[str]) -> None:
    assert [text[start:end] for start, end in protected_spans(text)] == protected


def test_markers_are_protected() -> None:
    text = "One two. [… 3 passages left out] Three."
    marker = Marker(9, 32, "cut", "passage", 3)
    assert [text[start:end] for start, end in protected_spans(text, [marker])] == ["[… 3 passages left out]"]
    assert protected_spans(text) == []


@pytest.mark.parametrize(
    "word",
    [
        "12",
        "1,250,000",
        "v2.1",
        "user_id",
        "getUser",
        "src/app.py",
        "https://a.b/c",
        "a@b.org",
        "not",
        "didn't",
        "404,",
    ],
)
def test_literals(word: str) -> None:
    assert is_literal(word)


@pytest.mark.parametrize("word", ["river", "Maria,", "it's", "and", "knot", "ok."])
def test_words(word: str) -> None:
    assert not is_literal(word)


@given(any_text)
def test_spans_are_in_order_and_apart(text: str) -> None:
    ends = [number for span in protected_spans(text) for number in span]
    assert ends == sorted(ends)
    assert all(0 <= number <= len(text) for number in ends)
