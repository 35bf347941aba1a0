"""How far the provider's counts are from ours, learned for each model of a project from what was billed.

The ratio is that of the sums of the last 30 days: billed tokens to counted ones. So a long prompt weighs more
than a short one, and a request that is counted twice moves nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone

from optimizer_app.models import TokenDrift

WINDOW = timedelta(days=30)
ALARM_SHARE = 0.05
# Fewer say little: one prompt with an image can be far off.
MIN_REQUESTS = 20
ModelOfProject = tuple[uuid.UUID, str]

_ADD = """
INSERT INTO optimizer_app_tokendrift (project_id, model, day, requests, counted_tokens, billed_tokens)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (project_id, model, day) DO UPDATE SET
  requests = optimizer_app_tokendrift.requests + excluded.requests,
  counted_tokens = optimizer_app_tokendrift.counted_tokens + excluded.counted_tokens,
  billed_tokens = optimizer_app_tokendrift.billed_tokens + excluded.billed_tokens
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """Tokens that we counted in a number of requests, and that the provider billed for them."""

    requests: int = 0
    counted_tokens: int = 0
    billed_tokens: int = 0

    @property
    def tokens_per_counted(self) -> float:
        """How many tokens the provider counts for each of ours; 1 where nothing is known."""
        return self.billed_tokens / self.counted_tokens if self.counted_tokens else 1.0

    @property
    def share(self) -> float:
        """How far its count is from ours: 0.1 where it is a tenth more."""
        return self.tokens_per_counted - 1

    @property
    def is_alarming(self) -> bool:
        return self.requests >= MIN_REQUESTS and abs(self.share) > ALARM_SHARE

    def __add__(self, other: Drift) -> Drift:
        return Drift(
            self.requests + other.requests,
            self.counted_tokens + other.counted_tokens,
            self.billed_tokens + other.billed_tokens,
        )


NO_DRIFT = Drift()


@dataclass(frozen=True, slots=True)
class Alarm:
    """The counts of a model came too far apart."""

    project_id: uuid.UUID
    model: str
    drift: Drift


def learned(models: Iterable[ModelOfProject]) -> Mapping[ModelOfProject, Drift]:
    """What is known of these models."""
    wanted = set(models)
    rows = recent_rows().filter(
        project__in={project for project, _ in wanted}, model__in={model for _, model in wanted}
    )
    return {key: drift for key, drift in drifts_of(rows).items() if key in wanted}


def recent_rows() -> QuerySet[TokenDrift]:
    """The days that count."""
    return TokenDrift.objects.filter(day__gt=(timezone.now() - WINDOW).date())


def drifts_of(rows: QuerySet[TokenDrift]) -> dict[ModelOfProject, Drift]:
    """The sums of the rows, by project and model."""
    summed = rows.order_by().values_list("project", "model")
    sums = (Sum("requests"), Sum("counted_tokens"), Sum("billed_tokens"))
    return {(project, model): Drift(*counts) for project, model, *counts in summed.annotate(*sums)}


def add_drifts(day_of: datetime, drifts: Mapping[ModelOfProject, Drift]) -> None:
    """Add what was billed on a day. In one order, so that no two who add wait for each other."""
    day = day_of.astimezone(UTC).date()
    rows = [
        (project, model, day, drift.requests, drift.counted_tokens, drift.billed_tokens)
        for (project, model), drift in sorted(
            drifts.items(), key=lambda found: (str(found[0][0]), found[0][1])
        )
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, rows)


def new_alarms(models: Sequence[ModelOfProject]) -> list[Alarm]:
    """Those of the models whose counts are too far apart and were not said to be; each is said once."""
    return [
        Alarm(*key, drift)
        for key, drift in learned(models).items()
        if drift.is_alarming and _note_alarm(*key)
    ]


def _note_alarm(project_id: uuid.UUID, model: str) -> bool:
    """Note that it is said now; whether it was not said before."""
    rows = recent_rows().filter(project=project_id, model=model)
    if rows.filter(alarmed_at__isnull=False).exists():
        return False
    newest = rows.order_by("-day").values("pk")[:1]
    return bool(TokenDrift.objects.filter(pk__in=newest, alarmed_at=None).update(alarmed_at=timezone.now()))


def with_request(drift: Drift, counted_tokens: int, billed_tokens: int | None) -> Drift:
    """What is known with one more request; without its bill or our count it adds nothing."""
    if not counted_tokens or not billed_tokens:
        return drift
    return drift + replace(NO_DRIFT, requests=1, counted_tokens=counted_tokens, billed_tokens=billed_tokens)
