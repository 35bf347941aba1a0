"""Events that a version with one receiver a project left waiting: they wait as all others do from now on."""

from __future__ import annotations

from django.db import transaction

from optimizer_app.events.destinations import destinations_of, put_in_outbox
from optimizer_app.models import Event

_EVENTS_A_TIME = 1_000


def take_over_earlier() -> None:
    """Put what waits in the old way in the outbox, as long as there is any."""
    while _take_over_some():
        pass


def _take_over_some() -> bool:
    with transaction.atomic():
        waiting = Event.objects.select_for_update(skip_locked=True, of=("self",)).exclude(next_try_at=None)
        events = list(waiting.select_related("project").order_by("id")[:_EVENTS_A_TIME])
        destinations = destinations_of({event.project for event in events})
        for project_id, receivers in destinations.items():
            put_in_outbox([event for event in events if event.project_id == project_id], receivers)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(next_try_at=None)
    return bool(events)
