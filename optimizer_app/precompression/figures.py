"""The figures of precompression: the rows that are stored now, and the lookups since a time.

Lookups are counted by the hour, so a time begins at a full hour.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Sum

from optimizer_app.models import Precompression, PrecompressionHour
from optimizer_app.models.precompression import PrecompressionQuerySet

State = Precompression.State
MAX_LATEST = 25
MAX_REASONS = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of the project by their state, and the tokens of those that are ready."""

    of_state: Mapping[str, int]
    tokens_before: int
    tokens_after: int
    oldest: datetime | None

    @property
    def total(self) -> int:
        return sum(self.of_state.values())

    @property
    def queued(self) -> int:
        return self.of_state.get(State.QUEUED, 0)

    @property
    def working(self) -> int:
        return self.of_state.get(State.WORKING, 0)

    @property
    def done(self) -> int:
        return self.of_state.get(State.DONE, 0)

    @property
    def below(self) -> int:
        return self.of_state.get(State.BELOW, 0)

    @property
    def no_gain(self) -> int:
        return self.of_state.get(State.NO_GAIN, 0)

    @property
    def unusable(self) -> int:
        return self.below + self.no_gain

    @property
    def failed(self) -> int:
        return self.of_state.get(State.FAILED, 0)


@dataclass(frozen=True, slots=True)
class Lookups:
    """The lookups of requests since a full hour, and the texts that the queue dropped."""

    since: datetime
    hits: int
    misses: int
    unusable: int
    dropped_full: int
    dropped_late: int

    @property
    def total(self) -> int:
        """Lookups that could have been hits."""
        return self.hits + self.misses

    @property
    def hit_share(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def dropped(self) -> int:
        return self.dropped_full + self.dropped_late

    @property
    def any(self) -> bool:
        return bool(self.total or self.unusable or self.dropped)


def precompressions(project_ids: Collection[uuid.UUID]) -> PrecompressionQuerySet:
    return Precompression.objects.filter(project__in=project_ids)


def stored(rows: PrecompressionQuerySet) -> Stored:
    counted = rows.order_by().values_list("state").annotate(Count("pk"))
    done = rows.filter(state=State.DONE).aggregate(before=Sum("tokens_before"), after=Sum("tokens_after"))
    oldest = rows.filter(state=State.QUEUED).aggregate(oldest=Min("created_at"))["oldest"]
    return Stored(dict(counted), done["before"] or 0, done["after"] or 0, oldest)


def lookups(project_ids: Collection[uuid.UUID], start: datetime) -> Lookups:
    since = start.replace(minute=0, second=0, microsecond=0)
    names = ("hits", "misses", "unusable", "dropped_full", "dropped_late")
    hours = PrecompressionHour.objects.filter(project__in=project_ids, hour__gte=since)
    sums: dict[str, Any] = hours.aggregate(**{name: Sum(name) for name in names})
    return Lookups(since, **{name: sums[name] or 0 for name in names})


def latest(rows: PrecompressionQuerySet) -> PrecompressionQuerySet:
    return rows.without_texts().select_related("project").order_by("-pk")[:MAX_LATEST]


def failures(rows: PrecompressionQuerySet) -> list[tuple[str, int]]:
    """The reasons of failures, the most frequent ones first."""
    failed = rows.filter(state=State.FAILED).order_by().values_list("reason")
    return list(failed.annotate(count=Count("pk")).order_by("-count", "reason")[:MAX_REASONS])
