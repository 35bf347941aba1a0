"""Rows of tables are told by their separators, and logs among them by their levels."""

from __future__ import annotations

import pytest

from token_optimizer.text.tables import has_level_column, is_table, separator_of

ROWS = ["id,note,owner", *(f'{n},"late, again, it says ""soon""",Ada' for n in range(9))]
LEVELS = ["Information", "Warning", "Information"]
EVENTS = ["Level\tDate\tMessage", *(f"{level}\t2026-03-01\tpump started" for level in LEVELS)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (ROWS, ","),
        (EVENTS, "\t"),
        (["a;b;c", "1;2,5;3", "4;5,1;6"], ";"),
        (["a, b", "c, d"], None),
        (["a,b,c", "d", "e,f"], None),
    ],
)
def test_all_rows_have_a_mark_as_often_outside_of_quotes(lines: list[str], expected: str | None) -> None:
    assert separator_of(lines, 1.0) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (EVENTS, True),
        ([line.replace("Information", "Informationen") for line in EVENTS], True),
        ([line.replace("Warning", "Information") for line in EVENTS], False),
        (["Town\tDate\tRain", "Oslo\t2026-03-01\t3", "Kiel\t2026-03-01\t4"], False),
    ],
)
def test_a_column_of_several_levels_marks_a_log(lines: list[str], expected: bool) -> None:
    assert has_level_column(lines, "\t") is expected


CSV = "id,name,town\n" + "".join(f"{n},Ada {n},Oslo\n" for n in range(10, 30))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CSV, True),
        (CSV.replace(",", " | "), True),
        (CSV.replace(",", " & "), True),
        (CSV.replace(",", "\n  "), False),
        ("Ada, Bo, and I.\n" * 3, False),
    ],
)
def test_the_lines_of_a_table_have_the_same_separators(text: str, expected: bool) -> None:
    assert is_table(text) is expected
