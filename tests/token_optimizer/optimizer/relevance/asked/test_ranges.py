"""Numbers that a question means by the first and the last of them."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.relevance.asked.ranges import numbers_meant


@pytest.mark.parametrize(
    "query",
    [
        "List the rows with ids 70 to 73.",
        "Show orders 70-73.",
        "Which lie between 70 and 73?",
        "Which lie between row 70 and 73, please?",
        "Nenne die Zeilen 70 bis 73.",
        "Entre 70 et 73?",
    ],
)
def test_all_of_them_are_meant(query: str) -> None:
    assert numbers_meant(query) == ["70", "71", "72", "73"]


@pytest.mark.parametrize(
    "query",
    ["On 2024-05-12?", "At 10:30-11:00?", "Version 1.70-1.73?", "From 1 to 100000?", "From 9 to 7?"],
)
def test_dates_times_versions_and_long_ones_mean_none(query: str) -> None:
    assert numbers_meant(query) == []


def test_all_rows_of_a_range_are_kept() -> None:
    rows = [f"{number},crane {number * 7 % 31},{number * 37 % 991}" for number in range(150)]
    text = "\n".join(["id,name,amount", *rows])
    sent, stats = optimize([{"role": "user", "content": f"{text}\n\nList the rows with ids 70 to 79."}])
    assert stats.tokens_after < 0.6 * stats.tokens_before
    assert [row for row in rows[70:80] if row not in sent[0]["content"]] == []
