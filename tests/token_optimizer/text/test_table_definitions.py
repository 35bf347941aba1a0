"""Definitions of tables in SQL are found as wholes, with the rows that show what such a table holds."""

from __future__ import annotations

import pytest

from token_optimizer.text.table_definitions import begins_table, table_definitions

GUESTS = "CREATE TABLE guests (\n  id INT,\n  town TEXT\n);\n\n"
ROWS = "/*\n2 rows from guests table:\nid\ttown\n1\tOslo\n2\tMoss\n*/\n\n"
ROOMS = 'create table if not exists "rooms" (\n\tid int primary key,\n\tbeds int\n)\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GUESTS + ROWS + ROOMS, [GUESTS, ROWS, ROOMS]),
        (f"Our schema:\n{GUESTS}Ask for more.\n{ROOMS}", [GUESTS, ROOMS]),
        (f"{GUESTS}/*\nno end", [GUESTS]),
        ("CREATE TABLE guests (\n  id INT,\n", []),
        ("We create a table (by hand) for each guest.\n)", []),
    ],
)
def test_a_definition_and_the_rows_behind_it_are_found(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in table_definitions(text)] == expected


def test_what_stands_before_the_start_is_left_aside() -> None:
    text = GUESTS + ROOMS
    assert list(table_definitions(text, 3)) == [(len(GUESTS), len(text))]
    assert begins_table(text)
    assert not begins_table(f"Schema:\n{text}")
