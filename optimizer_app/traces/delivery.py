"""Delivers the outbox: posts `{api_key, events: [...]}` to the project's receiver, each event until a 2xx.

A worker leases the events that are due, so that none is posted by two at once, and settles them after the
answer. One that dies in between posts them again when the lease ends: the receiver tells by `event_id`.
That is the project's own, which people entered, so that its addresses are judged; or else the instance's
ANALYTICS_URL, which comes from the environment and is trusted. Redirects are not followed.
`api_key` is the id of the key's row (see `outbox`); a batch holds the events of one key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import orjson
import requests
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from optimizer_app.models import Event
from optimizer_app.outgoing import UnsafeUrl, guarded_session

log = structlog.get_logger(__name__)

BATCH_EVENTS = 100
POST_TIMEOUT_SECONDS = 10.0
LEASE = timedelta(minutes=2)
MAX_PAUSE = timedelta(minutes=10)
# Refusals of the moment: the same events may be taken later.
_RETRIED_STATUSES = frozenset({401, 403, 404, 408, 425, 429})


class NotDelivered(Exception):
    """A batch did not arrive. `refused`: the receiver answered, and will not take these events."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


def deliver_due_events() -> int:
    """Post all due events, until none is left or a receiver fails; returns how many arrived."""
    arrived = 0
    with requests.Session() as trusted, guarded_session() as guarded:
        while leased := lease_due_events():
            taken = sum(
                _deliver(guarded if batch[0].project.analytics_url else trusted, batch)
                for batch in _batches(leased)
            )
            arrived += taken
            if taken < len(leased):
                break
    return arrived


def lease_due_events(count: int = BATCH_EVENTS) -> list[Event]:
    """The events that are due and have a receiver, longest waiting first; held for the next `LEASE`.

    One that would wait longer than any has to is due, too: the clock was set back.
    """
    now = timezone.now()
    is_due = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + MAX_PAUSE)
    with transaction.atomic():
        due = Event.objects.select_for_update(skip_locked=True, of=("self",)).filter(is_due)
        if not settings.ANALYTICS_URL:
            due = due.exclude(project__analytics_url="")
        leased = list(due.select_related("project").order_by("next_try_at", "id")[:count])
        ids = [event.pk for event in leased]
        Event.objects.filter(pk__in=ids).update(next_try_at=now + LEASE, attempts=F("attempts") + 1)
    return leased


def retry_at(attempts: int) -> datetime:
    """When to try again after so many attempts: twice as long after each, up to `MAX_PAUSE`."""
    return timezone.now() + min(timedelta(seconds=2 ** min(attempts, 20)), MAX_PAUSE)


def _batches(events: Sequence[Event]) -> list[list[Event]]:
    """The events by project and API key: a batch belongs to one of each."""
    by_key = sorted(events, key=_sender_of)
    return [list(batch) for _, batch in groupby(by_key, key=_sender_of)]


def _sender_of(event: Event) -> tuple[str, str]:
    return str(event.project_id), _key_of(event)


def _key_of(event: Event) -> str:
    return str(event.payload["api_key"])


def _deliver(session: requests.Session, batch: Sequence[Event]) -> int:
    """Post one batch and settle it; returns how many events arrived.

    A refused batch is halved, down to the one event that the receiver cannot take.
    """
    try:
        _post(session, batch)
    except NotDelivered as problem:
        if problem.refused and len(batch) > 1:
            middle = len(batch) // 2
            return _deliver(session, batch[:middle]) + _deliver(session, batch[middle:])
        _put_off(batch, str(problem))
        return 0
    ids = [event.pk for event in batch]
    Event.objects.filter(pk__in=ids).update(delivered_at=timezone.now(), next_try_at=None, last_error="")
    return len(batch)


def _post(session: requests.Session, batch: Sequence[Event]) -> None:
    body = orjson.dumps({"api_key": _key_of(batch[0]), "events": [event.payload for event in batch]})
    try:
        response = session.post(
            batch[0].project.analytics_url or settings.ANALYTICS_URL,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=POST_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except UnsafeUrl as error:
        raise NotDelivered(str(error)) from error
    except requests.RequestException as error:
        raise NotDelivered(type(error).__name__) from error
    status = response.status_code
    if not 200 <= status < 300:
        raise NotDelivered(
            f"status {status}", refused=400 <= status < 500 and status not in _RETRIED_STATUSES
        )


def _put_off(batch: Sequence[Event], reason: str) -> None:
    log.warning("events_not_delivered", count=len(batch), reason=reason)
    for attempts in {event.attempts + 1 for event in batch}:
        ids = [event.pk for event in batch if event.attempts + 1 == attempts]
        Event.objects.filter(pk__in=ids).update(next_try_at=retry_at(attempts), last_error=reason)
