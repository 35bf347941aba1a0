"""One post of events to their endpoint, and what its answer says to do."""

from __future__ import annotations

import hashlib
from typing import Literal

import requests
from urllib3.exceptions import NewConnectionError

POST_TIMEOUT_SECONDS = 5.0
_RETRIED_STATUSES = frozenset({408, 425, 429})
# What is wrong may be a single event.
_HALVED_STATUSES = frozenset({400, 413, 422})

# What to do with a batch that did not arrive. Where nobody listens, another try in a moment is of little use.
Verdict = Literal["again", "nobody listens", "halve", "give up"]


def post_events(session: requests.Session, url: str, body: bytes) -> tuple[str, Verdict]:
    """What went wrong, empty when nothing did, and what to do about it."""
    try:
        response = session.post(
            url,
            data=body,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": hashlib.sha256(body).hexdigest(),
            },
            timeout=POST_TIMEOUT_SECONDS,
            allow_redirects=False,  # a redirected POST becomes a GET
        )
    except requests.RequestException as error:
        return type(error).__name__, _verdict_of_error(error)
    status = response.status_code
    return "" if 200 <= status < 300 else f"status {status}", _verdict(status)


def _verdict_of_error(error: requests.RequestException) -> Verdict:
    if isinstance(error, ValueError):
        return "give up"  # an address that is none stays so
    cause = error.args[0] if error.args else None
    is_refused = isinstance(getattr(cause, "reason", None), NewConnectionError)
    return "nobody listens" if is_refused else "again"


def _verdict(status: int) -> Verdict:
    if status >= 500 or status in _RETRIED_STATUSES:
        return "again"
    return "halve" if status in _HALVED_STATUSES else "give up"
