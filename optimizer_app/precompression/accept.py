"""Queues texts for precompression: each text once, and never more than the queue may hold.

At some 200 tokens a second a long queue is worth nothing: the turn that needs the text comes before the
result.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from optimizer_app.background.wake import PRECOMPRESSION, wake
from optimizer_app.models import Precompression, Project
from optimizer_app.precompression.counts import Counts, add_counts
from optimizer_app.precompression.sealing import row_key
from optimizer_app.security.encryption import encrypt
from token_optimizer.ports import CompressionKey
from token_optimizer.text.counting import encodable

# A block of 300 tokens takes LLMLingua-2 some two seconds: five minutes of work for one project, so that
# other projects get their turn, and at most half an hour for all.
MAX_QUEUED_PER_PROJECT = 150
MAX_QUEUED = 1_000
# Some 30,000 tokens, three minutes of LLMLingua-2.
MAX_CHARS = 120_000
_ACCEPT_LOCK = 0x61686561  # the name of an advisory lock
_TOO_LONG = f"longer than {MAX_CHARS:,} characters"

# A project and a row's key.
Name = tuple[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class PrecompressionJob:
    """A text to compress: by which compressor, at which rate. A result that scores below `threshold` is not
    used."""

    project_id: uuid.UUID
    text: str = field(repr=False)
    compressor: str
    rate: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Queued:
    """How many texts were queued, and the projects some of whose texts found no room."""

    count: int = 0
    full: frozenset[uuid.UUID] = frozenset()


def queue_jobs(jobs: Sequence[PrecompressionJob]) -> Queued:
    """Queue the new ones, as far as there is room, and count those that find none."""
    if not jobs:
        return Queued()
    with transaction.atomic():
        _lock_queue()
        room = _Room.now()
        was_idle = room.is_empty
        rows, dropped = _rows(_new(jobs), room)
        Precompression.objects.bulk_create(rows, ignore_conflicts=True)
        add_counts({project: Counts(dropped_full=count) for project, count in dropped.items()})
        if rows and was_idle:
            # A worker that is busy goes on until the queue is empty.
            transaction.on_commit(partial(wake, PRECOMPRESSION))
    return Queued(sum(row.state == Precompression.State.QUEUED for row in rows), frozenset(dropped))


def _lock_queue() -> None:
    """Until the end of the transaction: the room is counted before it is filled."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ACCEPT_LOCK])


def _new(jobs: Sequence[PrecompressionJob]) -> dict[Name, PrecompressionJob]:
    """The jobs without a row, each once, in their order."""
    projects = Project.objects.filter(pk__in={job.project_id for job in jobs})
    secrets = dict(projects.values_list("pk", "hash_secret"))
    named: dict[Name, PrecompressionJob] = {}
    for job in jobs:
        if secret := secrets.get(job.project_id):
            key = CompressionKey.of(job.text, job.compressor, job.rate)
            named.setdefault((job.project_id, row_key(key, secret)), job)
    rows = Precompression.objects.filter(project__in=secrets, key__in=[key for _, key in named])
    known = set(rows.values_list("project_id", "key"))
    return {name: job for name, job in named.items() if name not in known}


@dataclass(slots=True)
class _Room:
    """How many texts are in the queue, in all and by project."""

    total: int
    by_project: Counter[uuid.UUID]

    @classmethod
    def now(cls) -> _Room:
        counted = Precompression.objects.unfinished().order_by().values_list("project_id")
        by_project = Counter(dict(counted.annotate(Count("pk"))))
        return cls(by_project.total(), by_project)

    @property
    def is_empty(self) -> bool:
        return not self.total

    def take(self, project_id: uuid.UUID) -> bool:
        """Take the place of one text of the project; False where there is none."""
        if self.total >= MAX_QUEUED or self.by_project[project_id] >= MAX_QUEUED_PER_PROJECT:
            return False
        self.total += 1
        self.by_project[project_id] += 1
        return True


def _rows(
    new: Mapping[Name, PrecompressionJob], room: _Room
) -> tuple[list[Precompression], Counter[uuid.UUID]]:
    """The rows to create, and how many texts of each project found no room."""
    rows: list[Precompression] = []
    dropped: Counter[uuid.UUID] = Counter()
    for (project_id, key), job in new.items():
        if len(job.text) > MAX_CHARS:
            rows.append(_failed(key, job))
        elif room.take(project_id):
            rows.append(_row(key, job, source=encrypt(encodable(job.text))))
        else:
            dropped[project_id] += 1
    return rows, dropped


def _row(key: str, job: PrecompressionJob, **values: object) -> Precompression:
    return Precompression(
        project_id=job.project_id,
        key=key,
        compressor=job.compressor[:200],
        rate=round(job.rate, 2),
        threshold=job.threshold,
        **values,
    )


def _failed(key: str, job: PrecompressionJob) -> Precompression:
    return _row(key, job, state=Precompression.State.FAILED, reason=_TOO_LONG, finished_at=timezone.now())
