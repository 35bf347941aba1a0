"""The rows of a table that stand out."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.code.rare_cells import rare_rows

TOWNS = ("Oslo", "Bergen", "Moss")
STATES = ["degraded" if n == 29 else "healthy" for n in range(70)]
ROWS = [
    f"{n}|srv-{n}|{TOWNS[n % 3]}|ada.{n * 7919}@mail.test|{n * 104729 % 9973}|{state}"
    for n, state in enumerate(STATES)
]
TABLE = ["number|server|town|owner|load|state", *ROWS]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (TABLE, {30}),
        ([line.replace("|", ",").replace("Moss", '"Moss, east"') for line in TABLE], {30}),
        ([line.replace("healthy", f"healthy {n}") for n, line in enumerate(TABLE)], set()),
        (TABLE[:10], set()),
        (["A text of lines, and of no table."] * 40, set()),
    ],
)
def test_a_row_stands_out_by_a_value_that_hardly_any_other_has(lines: list[str], expected: set[int]) -> None:
    assert rare_rows(lines) == expected


def test_such_a_row_stays_where_the_question_does_not_say_its_words() -> None:
    table = "\n".join(TABLE)
    messages, stats = optimize([{"role": "user", "content": f"{table}\n\nIs every server healthy?"}])
    assert ROWS[29] in messages[0]["content"]
    assert stats.tokens_after < 0.7 * stats.tokens_before
