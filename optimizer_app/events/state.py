"""How far events are on their way, one by one and by receiver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from optimizer_app.events.destinations import url_of
from optimizer_app.models import Event, EventDelivery, EventDestination
from optimizer_app.outgoing import host_of

DELIVERED_WITHIN = timedelta(days=1)

# What an event's way to a receiver may come to; by label, and as deliveries have it.
STATES: Mapping[str, str] = {
    "delivered": "Delivered",
    "waiting": "Waiting",
    "set_aside": "Set aside",
    "not_sent": "Not sent",
}
_CONDITIONS = {
    "delivered": Q(delivered_at__isnull=False),
    "waiting": Q(delivered_at__isnull=True, dead_at__isnull=True),
    "set_aside": Q(dead_at__isnull=False),
}


@dataclass(frozen=True, slots=True)
class DestinationState:
    """One receiver with its counts; `delivered` within the last day."""

    destination: EventDestination
    waiting: int
    oldest_waiting_at: datetime | None
    delivered: int
    set_aside: int

    @property
    def host(self) -> str:
        return receiver_host(self.destination)

    @property
    def is_failing(self) -> bool:
        return self.destination.failures > 0


def receiver_host(destination: EventDestination) -> str:
    """Where it is; empty where it was taken away."""
    return host_of(url_of(destination))


def of_state(events: QuerySet[Event], state: str) -> QuerySet[Event]:
    """The events of which at least one way came to this; `not_sent`: those that go to no receiver."""
    deliveries = EventDelivery.objects.filter(event=OuterRef("pk"))
    if state == "not_sent":
        return events.filter(~Exists(deliveries))
    return events.filter(Exists(deliveries.filter(_CONDITIONS[state])))


def state_of(deliveries: Sequence[EventDelivery]) -> str:
    """What is worth knowing of all ways of one event: a key of `STATES`."""
    if any(delivery.dead_at for delivery in deliveries):
        return "set_aside"
    if any(delivery.delivered_at is None for delivery in deliveries):
        return "waiting"
    return "delivered" if deliveries else "not_sent"


def states_of(destinations: Sequence[EventDestination]) -> list[DestinationState]:
    """Each receiver with how far it is."""
    found = EventDelivery.objects.filter(destination__in=destinations).order_by()
    since = timezone.now() - DELIVERED_WITHIN
    open_ones = _counts(found.filter(_CONDITIONS["waiting"]), oldest=Min("event__created_at"))
    delivered = _counts(found.filter(delivered_at__gte=since))
    set_aside = _counts(found.filter(_CONDITIONS["set_aside"]))
    return [
        DestinationState(
            destination,
            waiting=open_ones.get(destination.pk, {}).get("count", 0),
            oldest_waiting_at=open_ones.get(destination.pk, {}).get("oldest"),
            delivered=delivered.get(destination.pk, {}).get("count", 0),
            set_aside=set_aside.get(destination.pk, {}).get("count", 0),
        )
        for destination in destinations
    ]


def _counts(rows: QuerySet[EventDelivery], **more: Any) -> dict[Any, dict[str, Any]]:
    """Of each receiver the number of rows, and what else is asked of them."""
    counted = rows.values("destination").annotate(count=Count("pk"), **more)
    return {row["destination"]: dict(row) for row in counted}
