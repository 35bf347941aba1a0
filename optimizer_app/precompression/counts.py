"""Lookups and drops, counted by project and hour."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import connection
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Counts:
    """To be added to a project's hour; the fields are those of `PrecompressionHour`."""

    hits: int = 0
    misses: int = 0
    unusable: int = 0
    dropped_full: int = 0
    dropped_late: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in _NAMES)


_NAMES = tuple(field.name for field in fields(Counts))
_ADD = f"""
    INSERT INTO optimizer_app_precompressionhour AS known (project_id, hour, {", ".join(_NAMES)})
    SELECT id, %s, {", ".join(["%s"] * len(_NAMES))} FROM optimizer_app_project WHERE id = %s
    ON CONFLICT (project_id, hour) DO UPDATE SET
        {", ".join(f"{name} = known.{name} + EXCLUDED.{name}" for name in _NAMES)}
"""  # noqa: S608 -- the names are those of the fields above


def add_counts(counts: Mapping[uuid.UUID, Counts], now: datetime | None = None) -> None:
    """Add to the projects' counts of this hour; a project that is gone is passed over."""
    hour = (now or timezone.now()).replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        # In one order, or two workers could wait for each other.
        for project_id in sorted(counts):
            if added := counts[project_id]:
                cursor.execute(_ADD, [hour, *(getattr(added, name) for name in _NAMES), project_id])
