"""Heads of definitions, and lines that are named by their numbers, are worth more than others."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.code.landmarks import with_landmarks
from token_optimizer.optimizer.code.passages import line_passages

GO = """package store

import "errors"

// Open opens the store.
//
// It waits for the lock.
func (s *Store) Open(path string) error {
\tif path == "" {
\t\treturn errors.New("no path")
\t}
\treturn s.lock(path)
}

func other() {
\tcall := func(path string) error { return nil }
\tcall("a")
}"""
NUMBERED = "\n".join(f"{number:6}→\ttotal += price[{number}]" for number in range(1, 401))


def worth_more(text: str, query: str | None = None) -> list[str]:
    """The first line of each passage that is worth more than without."""
    plain = line_passages(text)
    found = with_landmarks(line_passages)(text, query, ())
    assert [(one.start, one.end, one.facts) for one in found] == [
        (one.start, one.end, one.facts) for one in plain
    ]
    return [
        text[one.start : one.end].split("\n")[0]
        for one, other in zip(found, plain, strict=True)
        if one.value > other.value
    ]


@pytest.mark.parametrize("is_numbered", [False, True])
def test_heads_at_the_margin_and_the_first_line_above_them(is_numbered: bool) -> None:
    lines = GO.split("\n")
    text = "\n".join(f"{at:6}→{line}" for at, line in enumerate(lines, 1)) if is_numbered else GO
    first, head = "// Open opens the store.", "func (s *Store) Open(path string) error {"
    assert [line.split("→")[-1] for line in worth_more(text)] == [first, head]


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("Mend `pkg/store.go:200-203`.", 197, 206),
        ("See line 200.", 197, 203),
        ("See lines 200 to 203 of it.", 197, 206),
        ("See store.go#L200-L203", 197, 206),
        ('File "store.py", line 200, in total', 197, 203),
    ],
)
def test_lines_that_are_named_by_their_numbers(query: str, first: int, last: int) -> None:
    numbers = [int(line.split("→")[0]) for line in worth_more(NUMBERED, query)]
    assert numbers == list(range(first, last + 1))


@pytest.mark.parametrize("query", [None, "", "It takes 200 lines.", "Lines 100 to 300 are long.", "at 10:20"])
def test_other_numbers_name_no_lines(query: str | None) -> None:
    assert worth_more(NUMBERED, query) == []
