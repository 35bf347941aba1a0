"""Numbers before lines: left out where they can be counted, and written again."""

from __future__ import annotations

import pytest

from token_optimizer.text.line_numbers import fully_numbered, sparsely_numbered, without_gaps


def numbered(first: int, end: int, mark: str = "→", width: int = 6) -> list[str]:
    return [f"{number:{width}}{mark}\ttotal += {number}\n" for number in range(first, end)]


def test_every_fifth_number_stays_and_those_at_the_ends() -> None:
    shown = [line.split("\t")[0] for line in sparsely_numbered(numbered(7, 19))]
    assert shown == ["     7→", "", "", "10→", *[""] * 4, "15→", "", "", "18→"]


def test_the_number_stays_where_a_definition_or_a_section_begins() -> None:
    said = [
        "import os",
        "",
        "# Adds.",
        "def add(a):",
        "    return a",
        "",
        "    b = 1",
        "}",
        "",
        "}",
        "## Next",
        "",
    ]
    sparse = sparsely_numbered([f"{number:6}→{line}\n" for number, line in enumerate(said, 6)])
    assert [int(line.split("→")[0]) for line in sparse if "→" in line] == [6, 8, 10, 15, 17]


def test_only_numbers_before_arrows_leave_their_column() -> None:
    assert [line[:7] for line in sparsely_numbered(numbered(95, 101, "\t"))][::5] == ["    95\t", "   100\t"]
    assert [line[:7] for line in sparsely_numbered(numbered(95, 101))][::5] == ["    95→", "100→\tto"]


@pytest.mark.parametrize(
    "lines",
    [
        numbered(1, 40),
        numbered(1, 40, width=1),
        numbered(95, 130, "\t"),
        numbered(99_990, 100_020, "|"),
        [*numbered(1, 9), "\n", "…\n", *numbered(40, 60)],
        [f"{number:6}→\n" for number in range(1, 12)],
        [*numbered(8, 12), "[… 4 lines left out]\n", *numbered(16, 18), "     5→ birds\n"],
        ["<file>\n", *numbered(1, 12), "</file>"],
        [*numbered(1, 4), "     4→     9→a table\n", *numbered(5, 9)],
    ],
)
def test_all_numbers_can_be_written_again(lines: list[str]) -> None:
    sparse = sparsely_numbered(lines)
    assert sum(map(len, sparse)) < sum(map(len, lines))
    assert fully_numbered(sparse) == lines
    assert sparsely_numbered(sparse) == sparse
    assert without_gaps("".join(sparse)) == "".join(lines)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["plain\n"] * 9,
        # Ids of rows, and numbers that count no lines.
        [f"{number}\tbird {number}\n" for number in range(1, 30)],
        [f" {number} | bird {number}\n" for number in range(1, 30)],
        [f"{number:06}\tbird\n" for number in range(1, 30)],
        [f"{number:6}→ bird\n" for number in range(1, 60, 2)],
        # What stands between two of the numbers could be taken for lines that lost theirs.
        [*numbered(1, 20), "a line\n", "     21→x\n"],
    ],
)
def test_other_lines_stay(lines: list[str]) -> None:
    assert sparsely_numbered(lines) == lines


def test_lines_at_a_break_begin_anew() -> None:
    lines = [*numbered(1, 5), "[… 1 line left out]\n", *numbered(6, 10)]
    sparse = sparsely_numbered(lines, {4})
    has_number = "".join("x" if "→" in line or "left out" in line else "." for line in sparse)
    assert has_number == "x..xxx..x"
    assert fully_numbered(sparse, {4}) == lines
