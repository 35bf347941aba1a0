"""Events that libraries post here: checked by their published schema, stored once, marked by their source.

They go to no receiver: whoever posts them chose this one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from django.utils import timezone

from optimizer_app.models import Event
from optimizer_app.trace_ids import first_id_at, id_in_millisecond
from token_optimizer.telemetry.events import event_schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MAX_EVENT_BYTES = 64 * 1024
# An emitter that was cut off sends what it kept; a clock may be a little ahead.
OLDEST = timedelta(days=60)
NEWEST = timedelta(hours=1)


class RefusedEvent(ValueError):
    """An event that is none; the message names its place and what is wrong, and quotes none of it."""


def check_events(batch: Sequence[Any]) -> None:
    """RefusedEvent for the first event that does not fit the schema."""
    now = timezone.now()
    for place, event in enumerate(batch):
        if error := next(_validator().iter_errors(event), None):
            raise RefusedEvent(f"events[{place}]{_path(error)} {_problem(error)}")
        if len(orjson.dumps(event)) > MAX_EVENT_BYTES:
            raise RefusedEvent(f"events[{place}] is larger than {MAX_EVENT_BYTES // 1024} kB")
        if not now - OLDEST < _moment(event, place) < now + NEWEST:
            raise RefusedEvent(f"events[{place}].timestamp is not of the last {OLDEST.days} days")


def store_received(project_id: uuid.UUID, api_key_id: uuid.UUID, batch: Sequence[dict[str, Any]]) -> int:
    """Store checked events; returns how many were new. The key in them becomes the id of its row."""
    rows = {row.pk: row for row in (_row(project_id, api_key_id, event) for event in batch)}
    known = set(Event.objects.filter(pk__in=rows).values_list("pk", flat=True))
    new = [row for pk, row in rows.items() if pk not in known]
    Event.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _row(project_id: uuid.UUID, api_key_id: uuid.UUID, event: dict[str, Any]) -> Event:
    # Of the project: another one's event may have the same id.
    digest = hashlib.sha256(project_id.bytes + event["event_id"].encode()).digest()
    return Event(
        id=id_in_millisecond(first_id_at(_moment(event)), digest),
        project_id=project_id,
        trace_id=_trace_id(event["trace_id"]),
        event_type=event["event_type"],
        source=Event.Source.LIBRARY,
        payload={**event, "api_key": str(api_key_id)},
    )


def _trace_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, text)


def _moment(event: dict[str, Any], place: int = 0) -> datetime:
    try:
        found = datetime.fromisoformat(event["timestamp"])
    except ValueError:
        raise RefusedEvent(f"events[{place}].timestamp is no ISO 8601 time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@cache
def _validator() -> Draft202012Validator:
    # Its checks of formats take a process a second to import where all of them are installed.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(event_schema())


def _path(error: ValidationError) -> str:
    return error.json_path.removeprefix("$")


def _problem(error: ValidationError) -> str:
    """What the schema wants there; its own messages would quote the event."""
    wanted: Any = error.validator_value
    if error.validator == "required" and isinstance(error.instance, dict):
        return f"lacks {', '.join(name for name in wanted if name not in error.instance)}"
    if error.validator == "type":
        return f"must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
    return f"does not fit the schema's {error.validator}"
