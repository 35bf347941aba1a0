"""The events that the page's URL asks for, and how far each is on its way."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import QueryDict

from dashboard.shell.scope import Scope
from dashboard.shell.select import Select, options_of
from optimizer_app.events.state import STATES, of_state, state_of
from optimizer_app.models import Event
from optimizer_app.trace_ids import first_id_at
from token_optimizer.telemetry.events import event_schema

PAGE_SIZE = 50
TYPES = tuple(event_schema()["properties"]["event_type"]["enum"])
# What a reader should look at, by the look of its mark.
_MARKS = {"delivered": "ok", "waiting": "waits", "set_aside": "failed", "not_sent": "off"}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What the URL narrows the list to."""

    event_type: str = ""
    state: str = ""
    source: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> EventFilter:
        asked = {name: query.get(name, "") for name in ("event_type", "state", "source")}
        known = {"event_type": TYPES, "state": tuple(STATES), "source": tuple(Event.Source.values)}
        return cls(**{name: value for name, value in asked.items() if value in known[name]})

    @property
    def chosen(self) -> Mapping[str, str]:
        named = {"type": self.event_type, "state": STATES.get(self.state, ""), "source": self.source}
        return {name: value for name, value in named.items() if value}

    @property
    def selects(self) -> list[Select]:
        return [
            Select("event_type", "Type", "All types", options_of(TYPES), self.event_type),
            Select("state", "State", "Any state", tuple(STATES.items()), self.state),
            Select("source", "Source", "All sources", tuple(Event.Source.choices), self.source),
        ]

    def applied_to(self, events: QuerySet[Event]) -> QuerySet[Event]:
        if self.event_type:
            events = events.filter(event_type=self.event_type)
        if self.source:
            events = events.filter(source=self.source)
        return of_state(events, self.state) if self.state else events


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with what became of it: `mark` is the look of its state, `error` of the last attempt."""

    event: Event
    project: str
    state: str
    error: str

    @property
    def label(self) -> str:
        return STATES[self.state]

    @property
    def mark(self) -> str:
        return _MARKS[self.state]


@dataclass(frozen=True, slots=True)
class EventPage:
    rows: list[EventRow] = field(default_factory=list)
    following: uuid.UUID | None = None


def events_of(scope: Scope, asked: EventFilter) -> QuerySet[Event]:
    """Of the scope's window and projects, the newest first."""
    window = scope.window
    found = Event.objects.filter(project__in=scope.project_ids, id__gte=first_id_at(window.start))
    return asked.applied_to(found.filter(id__lt=first_id_at(window.end))).order_by("-id")


def page_of(scope: Scope, events: QuerySet[Event], after: str) -> EventPage:
    """The page that follows the event of this id, or the first."""
    with suppress(ValueError):
        events = events.filter(id__lt=uuid.UUID(after))
    found = list(events.defer("payload").prefetch_related("deliveries")[: PAGE_SIZE + 1])
    rows = rows_of(scope, found[:PAGE_SIZE])
    return EventPage(rows, rows[-1].event.pk if len(found) > PAGE_SIZE else None)


def rows_of(scope: Scope, events: Sequence[Event]) -> list[EventRow]:
    """The rows of events whose deliveries are known."""
    names = {project.pk: project.name for project in scope.projects}
    return [
        EventRow(
            event,
            names.get(event.project_id, ""),
            state_of(list(event.deliveries.all())),
            next((row.last_error for row in event.deliveries.all() if row.last_error), ""),
        )
        for event in events
    ]
