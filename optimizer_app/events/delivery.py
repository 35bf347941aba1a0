"""Delivers the outbox: posts `{api_key, events: [...]}` to each receiver, in order, each event until a 2xx.

A worker leases a receiver, so that its events go one batch after another, and lets go of it after some
batches or a failure. One that dies in between posts its batch again when the lease ends: the receiver tells
by `event_id`. A project's URL was entered by people, so that its addresses are judged; the instance's
ANALYTICS_URL comes from the environment and is trusted. Redirects are not followed. `api_key` is the id of
the key's row (see `traces.outbox`); a batch holds the events of one key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

import orjson
import requests
import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from optimizer_app.events.destinations import url_of
from optimizer_app.events.earlier import take_over_earlier
from optimizer_app.events.signing import signature_headers
from optimizer_app.models import EventDelivery, EventDestination
from optimizer_app.outgoing import UnsafeUrl, guarded_session
from optimizer_app.security.encryption import UndecryptableSecret

log = structlog.get_logger(__name__)

BATCH_EVENTS = 100
# After so many, other receivers have their turn.
BATCHES_A_LEASE = 20
POST_TIMEOUT_SECONDS = 10.0
LEASE = timedelta(minutes=2)
MAX_PAUSE = timedelta(minutes=10)
# An event that no receiver took for so long is given up; a resend tries it again.
MAX_WAIT = timedelta(days=7)
# Refusals of the moment: the same events may be taken later.
_RETRIED_STATUSES = frozenset({401, 403, 404, 408, 425, 429})
_TOO_LONG = "not taken within 7 days"


class NotDelivered(Exception):
    """A batch did not arrive. `refused`: the receiver answered, and will not take these events."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


def deliver_due_events() -> int:
    """Post what waits, until nothing is due; returns how many events arrived."""
    take_over_earlier()
    arrived = 0
    with requests.Session() as trusted, guarded_session() as guarded:
        while (destination := lease_due_destination()) is not None:
            session = trusted if destination.project is None else guarded
            arrived += _deliver_some(session, destination)
    return arrived


def lease_due_destination() -> EventDestination | None:
    """A receiver for which events wait, the one that was served longest ago; held for the next `LEASE`.

    One that would wait longer than any has to is due, too: the clock was set back.
    """
    now = timezone.now()
    due = Q(next_try_at=None) | Q(next_try_at__lte=now) | Q(next_try_at__gt=now + MAX_PAUSE)
    free = Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + LEASE)
    waiting = Exists(waiting_deliveries().filter(destination=OuterRef("pk")))
    with transaction.atomic():
        free_ones = EventDestination.objects.select_for_update(skip_locked=True, of=("self",))
        longest_ago = F("last_success_at").asc(nulls_first=True)
        found = free_ones.filter(due, free, waiting).select_related("project").order_by(longest_ago).first()
        if found is not None:
            _hold(found, now + LEASE)
    return found


def waiting_deliveries() -> QuerySet[EventDelivery]:
    """What has neither arrived nor been given up."""
    return EventDelivery.objects.filter(delivered_at=None, dead_at=None)


def retry_at(failures: int) -> datetime:
    """When to try again after so many failures: twice as long after each, up to `MAX_PAUSE`."""
    return timezone.now() + min(timedelta(seconds=2 ** min(failures, 20)), MAX_PAUSE)


def _deliver_some(session: requests.Session, destination: EventDestination) -> int:
    """Post some batches of a leased receiver and let go of it; returns how many events arrived."""
    arrived = 0
    try:
        for _ in range(BATCHES_A_LEASE):
            batch = _next_batch(destination)
            if not batch:
                break
            arrived += _deliver(session, destination, batch)
            _hold(destination, timezone.now() + LEASE)
    except NotDelivered as problem:
        _put_off(destination, batch, str(problem))
    finally:
        _hold(destination, None)
    return arrived


def _hold(destination: EventDestination, until: datetime | None) -> None:
    destination.leased_until = until
    EventDestination.objects.filter(pk=destination.pk).update(leased_until=until)


def _next_batch(destination: EventDestination) -> list[EventDelivery]:
    """What waits longest, as far as it is of one key."""
    waiting = waiting_deliveries().filter(destination=destination).select_related("event").order_by("id")
    found = list(waiting[:BATCH_EVENTS])
    return list(takewhile(lambda row: _key_of(row) == _key_of(found[0]), found))


def _key_of(delivery: EventDelivery) -> str:
    return str(delivery.event.payload.get("api_key", ""))


def _deliver(session: requests.Session, destination: EventDestination, batch: Sequence[EventDelivery]) -> int:
    """Post one batch and settle it; returns how many events arrived, or raises NotDelivered.

    A refused batch is halved, down to the one event that the receiver cannot take.
    """
    now = timezone.now()
    rows = EventDelivery.objects.filter(pk__in=[row.pk for row in batch])
    try:
        _post(session, destination, batch, now)
    except NotDelivered as problem:
        if not problem.refused:
            raise
        if len(batch) > 1:
            middle = len(batch) // 2
            first = _deliver(session, destination, batch[:middle])
            return first + _deliver(session, destination, batch[middle:])
        rows.update(dead_at=now, attempts=F("attempts") + 1, last_error=str(problem))
        log.warning("event_refused", event_id=str(batch[0].event_id), reason=str(problem))
        return 0
    rows.update(delivered_at=now, attempts=F("attempts") + 1, last_error="")
    settled = {"failures": 0, "last_error": "", "last_success_at": now, "next_try_at": None}
    EventDestination.objects.filter(pk=destination.pk).update(**settled)
    return len(batch)


def _post(
    session: requests.Session,
    destination: EventDestination,
    batch: Sequence[EventDelivery],
    now: datetime,
) -> None:
    body = orjson.dumps({"api_key": _key_of(batch[0]), "events": [row.event.payload for row in batch]})
    url = url_of(destination)
    if not url:
        raise NotDelivered("the receiver was taken away", refused=True)
    try:
        response = session.post(
            url,
            data=body,
            headers=_headers(body, destination, now),
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


def _headers(body: bytes, destination: EventDestination, now: datetime) -> Mapping[str, str]:
    try:
        signed = signature_headers(body, destination.secrets_at(now), now)
    except UndecryptableSecret as error:
        raise NotDelivered("the signing secret cannot be read") from error
    return {"Content-Type": "application/json", **signed}


def _put_off(destination: EventDestination, batch: Sequence[EventDelivery], reason: str) -> None:
    """Ask the receiver again later, and give up what has waited too long."""
    failures = destination.failures + 1
    log.warning("events_not_delivered", count=len(batch), reason=reason)
    EventDelivery.objects.filter(pk__in=[row.pk for row in batch], delivered_at=None).update(
        attempts=F("attempts") + 1, last_error=reason
    )
    EventDestination.objects.filter(pk=destination.pk).update(
        failures=failures, last_error=reason, next_try_at=retry_at(failures)
    )
    now = timezone.now()
    waiting_deliveries().filter(destination=destination, event__created_at__lt=now - MAX_WAIT).update(
        dead_at=now, last_error=_TOO_LONG
    )
