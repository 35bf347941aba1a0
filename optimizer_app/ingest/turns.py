"""Whose document is next. Projects take turns: many documents of one make another wait for one of them.

A project that has had its seconds of this hour goes on only while no other one waits. What each took is kept
in the database: workers of all machines share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Min, Sum
from django.utils import timezone

from optimizer_app.background.leases import lease
from optimizer_app.models import Document, IngestUse

LEASE = timedelta(minutes=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lease_document() -> Document | None:
    """The next document: the caller holds it for the next `LEASE`."""
    now = timezone.now()
    due = Document.objects.due(now)
    waiting = dict(due.order_by().values_list("project").annotate(since=Min("created_at")))
    for project_id in _in_turn(waiting, now):
        oldest = due.filter(project=project_id).without_source().order_by("created_at", "pk")
        if found := lease(oldest[:1], LEASE):
            _begin_turn(project_id, now)
            return found[0]
    return None


def another_waits(document: Document) -> bool:
    """Whether a document of another project is due."""
    return Document.objects.due(timezone.now()).exclude(project=document.project_id).exists()


def add_use(project_id: UUID, **used: float) -> None:
    """Add to a project's `seconds`, `embedded` and `embedding_seconds` of this hour."""
    hour = _hour(timezone.now())
    sums = {name: F(name) + value for name, value in used.items()}
    if not IngestUse.objects.filter(pk=project_id, hour=hour).update(**sums):
        none = {"seconds": 0.0, "embedded": 0, "embedding_seconds": 0.0}
        IngestUse.objects.filter(pk=project_id).update(hour=hour, **{**none, **used})


def embedded_a_second() -> float | None:
    """Passages that a worker embedded in a second, in this hour and the one before; None where none did."""
    recent = IngestUse.objects.filter(hour__gte=_hour(timezone.now()) - timedelta(hours=1))
    sums = recent.aggregate(embedded=Sum("embedded"), seconds=Sum("embedding_seconds"))
    return sums["embedded"] / sums["seconds"] if sums["seconds"] else None


def _in_turn(waiting: Mapping[UUID, datetime], now: datetime) -> list[UUID]:
    """The projects: those with seconds left, then who was served longest ago, then who waits longest."""
    uses = IngestUse.objects.in_bulk(list(waiting))

    def place(project_id: UUID) -> tuple[bool, datetime, datetime]:
        use = uses.get(project_id)
        if use is None:
            return False, _EPOCH, waiting[project_id]
        has_had_all = use.hour == _hour(now) and use.seconds >= settings.INGEST_SECONDS_PER_HOUR
        return has_had_all, use.served_at, waiting[project_id]

    return sorted(waiting, key=place)


def _begin_turn(project_id: UUID, now: datetime) -> None:
    IngestUse.objects.update_or_create(
        project_id=project_id,
        defaults={"served_at": now},
        create_defaults={"served_at": now, "hour": _hour(now)},
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
