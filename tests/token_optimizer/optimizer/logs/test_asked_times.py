"""Lines of logs that are asked for by their times."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.logs.asked_times import lines_of_asked_times

LOG = [
    f"2026-03-12 08:{n // 4:02}:{15 * (n % 4):02},123 INFO job {n % 7} took {n % 13} ms" for n in range(120)
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("When does the log begin?", [0]),
        ("What happened between 8:01:00 and 8:01:30?", [4, 5, 6]),
        ("What ran from 08:29 to 08:30?", [116, 117, 118, 119]),
        ("What ran between 08:00 and 08:29?", []),
        ("Which job is slow?", []),
    ],
)
def test_the_first_line_and_those_of_a_span(query: str, expected: list[int]) -> None:
    assert lines_of_asked_times(LOG, query) == expected


def test_they_stay_while_most_of_the_log_goes() -> None:
    text = "\n".join(LOG)
    messages, stats = optimize(
        [{"role": "user", "content": f"{text}\n\nWhat ran between 08:11:00 and 08:11:30?"}]
    )
    assert "\n".join(LOG[44:47]) in messages[0]["content"]
    assert stats.tokens_after < 0.5 * stats.tokens_before
