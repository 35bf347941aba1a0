"""After which answers a provider is asked again, and how long that waits."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.upstream.connections import Answer
from gateway.upstream.health import FAILED_STATUSES

# A provider that is asked too often is none that is broken.
BROKEN_STATUSES = FAILED_STATUSES - {429}
MAX_RETRY_AFTER_SECONDS = 10.0
_FIRST_SECONDS = 0.25
_MAX_SECONDS = 8.0


def seconds_to_wait(retry: int, asked: float | None = None) -> float | None:
    """Before a provider is asked once more, after so many retries: as long as it asked for, else a time that
    doubles, of which chance takes up to a half. None: it asked for longer than a client should wait."""
    if asked is not None:
        return asked if asked <= MAX_RETRY_AFTER_SECONDS else None
    longest = min(_FIRST_SECONDS * 2**retry, _MAX_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (nobody gains by guessing it)


def retry_after_seconds(answer: Answer) -> float | None:
    """How long the provider asks to wait; None where it does not say."""
    milliseconds, text = answer.header("retry-after-ms"), answer.header("retry-after")
    try:
        if milliseconds:
            return max(float(milliseconds) / 1000, 0.0)
        return max(float(text), 0.0) if text else None
    except ValueError:
        return _seconds_until(text)


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
