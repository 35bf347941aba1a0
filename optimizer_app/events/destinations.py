"""Where the events of a project go: its own receiver, the instance's, both or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings

from optimizer_app.events.signing import new_secret
from optimizer_app.models import Event, EventDelivery, EventDestination, Project
from optimizer_app.security.encryption import encrypt

ROWS_A_STATEMENT = 500


def url_of(destination: EventDestination) -> str:
    """Where it is; empty where it was taken away."""
    return settings.ANALYTICS_URL if destination.project is None else destination.project.analytics_url


def destinations_of(projects: Iterable[Project]) -> Mapping[uuid.UUID, list[EventDestination]]:
    """Of each project that has any, its receivers."""
    projects = list(projects)
    own = _own_destinations([project for project in projects if project.analytics_url])
    shared = [instance_destination()] if settings.ANALYTICS_URL else []
    found = {project.pk: [*([own[project.pk]] if project.pk in own else []), *shared] for project in projects}
    return {pk: destinations for pk, destinations in found.items() if destinations}


def instance_destination() -> EventDestination:
    """The receiver of the whole instance, made when it is first needed."""
    return EventDestination.objects.get_or_create(
        project=None, defaults={"encrypted_secret": encrypt(new_secret())}
    )[0]


def own_destination(project: Project) -> EventDestination:
    """A project's own receiver, made when it is first needed."""
    return EventDestination.objects.get_or_create(
        project=project, defaults={"encrypted_secret": encrypt(new_secret())}
    )[0]


def put_in_outbox(events: Sequence[Event], destinations: Iterable[EventDestination]) -> None:
    """Let stored events wait for these receivers; what waits already stays as it is."""
    rows = [
        EventDelivery(event=event, destination=destination)
        for destination in destinations
        for event in events
    ]
    EventDelivery.objects.bulk_create(rows, ROWS_A_STATEMENT, ignore_conflicts=True)


def _own_destinations(projects: Sequence[Project]) -> dict[uuid.UUID, EventDestination]:
    found = {row.project_id: row for row in EventDestination.objects.filter(project__in=projects)}
    return {project.pk: found.get(project.pk) or own_destination(project) for project in projects}
