"""Where the events of a project go: its own receiver, the instance's, both or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from optimizer_app.bulk_insert import insert_missing
from optimizer_app.events.signing import new_secret
from optimizer_app.models import Event, EventDelivery, EventDestination, Project
from optimizer_app.security.encryption import encrypt


def url_of(destination: EventDestination) -> str:
    """Where it is; empty where it was taken away."""
    return settings.ANALYTICS_URL if destination.project is None else destination.project.analytics_url


def destinations_of(projects: Iterable[Project]) -> Mapping[uuid.UUID, list[EventDestination]]:
    """Of each project that has any, its receivers."""
    projects = list(projects)
    own = _own_destinations([project for project in projects if project.analytics_url])
    shared = [destination_of(None)] if settings.ANALYTICS_URL else []
    found = {project.pk: [*([own[project.pk]] if project.pk in own else []), *shared] for project in projects}
    return {pk: destinations for pk, destinations in found.items() if destinations}


def destination_of(project: Project | None) -> EventDestination:
    """A project's own receiver, or without a project the instance's; made when it is first needed."""
    made_if_new: dict[str, Any] = {"encrypted_secret": lambda: encrypt(new_secret())}
    return EventDestination.objects.get_or_create(project=project, defaults=made_if_new)[0]


def put_in_outbox(events: Sequence[Event], destinations: Iterable[EventDestination]) -> None:
    """Let stored events wait for these receivers; what waits already stays as it is."""
    rows = [
        EventDelivery(event=event, destination=destination)
        for destination in destinations
        for event in events
    ]
    insert_missing(rows)


def _own_destinations(projects: Sequence[Project]) -> dict[uuid.UUID, EventDestination]:
    found = {row.project_id: row for row in EventDestination.objects.filter(project__in=projects)}
    return {project.pk: found.get(project.pk) or destination_of(project) for project in projects}
