"""What people do with single events: send one again, or send one to see whether it arrives."""

from __future__ import annotations

from django.utils import timezone

from optimizer_app.background.wake import DELIVERY, wake
from optimizer_app.events.destinations import destinations_of, put_in_outbox, url_of
from optimizer_app.models import Event, EventDestination, Project
from optimizer_app.trace_ids import new_trace_id
from token_optimizer.telemetry.events import create_event, identified

TEST_TYPE = "test"


class NoReceiver(Exception):
    """The project's events go nowhere."""


def resend(event: Event) -> int:
    """Let the event go once more to each receiver of its project; returns to how many."""
    receivers = destinations_of([event.project]).get(event.project_id, [])
    if not receivers:
        raise NoReceiver
    put_in_outbox([event], receivers)
    event.deliveries.filter(destination__in=receivers).update(
        delivered_at=None, dead_at=None, attempts=0, last_error=""
    )
    _ask_at_once(receivers)
    return len(receivers)


def send_test(destination: EventDestination, project: Project) -> Event:
    """An event of type `test` for one receiver. NoReceiver where that was taken away."""
    if not url_of(destination):
        raise NoReceiver
    event_id = new_trace_id()
    payload = identified(create_event(TEST_TYPE, str(event_id), ""), event_id, timezone.now())
    event = Event.objects.create(
        id=event_id, project=project, trace_id=event_id, event_type=TEST_TYPE, payload=payload
    )
    put_in_outbox([event], [destination])
    _ask_at_once([destination])
    return event


def _ask_at_once(destinations: list[EventDestination]) -> None:
    """Whether they failed before or not."""
    pks = [destination.pk for destination in destinations]
    EventDestination.objects.filter(pk__in=pks).update(next_try_at=timezone.now())
    wake(DELIVERY)
