"""How long to wait before a provider is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gateway.attempts.back_off import MAX_RETRY_AFTER_SECONDS, retry_after_seconds, seconds_to_wait
from gateway.upstream.connections import WholeAnswer


def answer(**headers: str) -> WholeAnswer:
    return WholeAnswer(429, [(name.replace("_", "-"), value) for name, value in headers.items()], b"")


def test_the_wait_doubles_and_half_of_it_is_chance() -> None:
    for retry, longest in enumerate((0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)):
        waits = {seconds_to_wait(retry) for _ in range(50)}
        assert all(wait is not None and longest / 2 <= wait <= longest for wait in waits)
        assert len(waits) > 1


def test_what_the_provider_asks_for_holds_within_bounds() -> None:
    assert seconds_to_wait(3, 0.0) == 0.0
    assert seconds_to_wait(0, MAX_RETRY_AFTER_SECONDS) == MAX_RETRY_AFTER_SECONDS
    assert seconds_to_wait(0, MAX_RETRY_AFTER_SECONDS + 1) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "7", "retry_after_ms": "250"}, 0.25),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_how_long_it_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(answer(**headers)) == seconds


def test_a_date_to_come() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    found = retry_after_seconds(answer(retry_after=date))
    assert found is not None
    assert 3_500 < found <= 3_600
