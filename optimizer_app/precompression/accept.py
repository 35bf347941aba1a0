"""Takes in what is wanted compressed: once a text, and never more than the queue may hold.

At some 200 tokens a second a long queue is worth nothing: the turn that wanted a text has come before it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from optimizer_app.models import AheadCompression, Project
from optimizer_app.precompression.counts import Counts, add_counts
from optimizer_app.precompression.sealing import row_key
from optimizer_app.precompression.wake import wake_ahead
from optimizer_app.security.encryption import encrypt
from token_optimizer.optimizer.compression.precompressions import CompressionKey
from token_optimizer.text import encodable

# A block of 300 tokens takes LLMLingua-2 some two seconds: five minutes of work for one project, so that
# the others' turn comes, and at most half an hour for all.
MAX_QUEUED_A_PROJECT = 150
MAX_QUEUED = 1_000
# Some 30,000 tokens, three minutes of LLMLingua-2.
LONGEST_CHARS = 120_000
_ACCEPTING = 0x61686561  # the name of an advisory lock
_TOO_LONG = f"longer than {LONGEST_CHARS:,} characters"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text that the next turn will want in fewer tokens, by which compressor, at which rate, and the score
    below which it is of no use."""

    project_id: uuid.UUID
    text: str = field(repr=False)
    compressor: str
    rate: float
    threshold: float


def accept_wanted(wanted: Sequence[Wanted]) -> int:
    """Queue what is new, as far as there is room; how many were queued. What is dropped is counted."""
    if not wanted:
        return 0
    with transaction.atomic():
        _one_at_a_time()
        room = _Room.now()
        was_idle = room.is_empty
        rows, dropped = _rows(_new(wanted), room)
        AheadCompression.objects.bulk_create(rows, ignore_conflicts=True)
        add_counts({project: Counts(dropped_full=count) for project, count in dropped.items()})
        if rows and was_idle:
            # A worker that is at it goes on until nothing is left.
            transaction.on_commit(wake_ahead)
    return sum(row.state == AheadCompression.State.QUEUED for row in rows)


def _one_at_a_time() -> None:
    """Hold others up until the end of the transaction: the room is counted before it is filled."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ACCEPTING])


def _new(wanted: Sequence[Wanted]) -> dict[tuple[uuid.UUID, str], Wanted]:
    """What no row is there for, each once, in the order in which it was wanted."""
    secrets = dict(
        Project.objects.filter(pk__in={one.project_id for one in wanted}).values_list("pk", "hash_secret")
    )
    named: dict[tuple[uuid.UUID, str], Wanted] = {}
    for one in wanted:
        if secret := secrets.get(one.project_id):
            key = CompressionKey.of(one.text, one.compressor, one.rate)
            named.setdefault((one.project_id, row_key(key, secret)), one)
    rows = AheadCompression.objects.filter(project__in=secrets, key__in=[key for _, key in named])
    known = set(rows.values_list("project_id", "key"))
    return {name: one for name, one in named.items() if name not in known}


@dataclass(slots=True)
class _Room:
    """How many are in the queue, in all and by project."""

    total: int
    of_project: Counter[uuid.UUID]

    @classmethod
    def now(cls) -> _Room:
        counted = AheadCompression.objects.unfinished().order_by().values_list("project_id")
        of_project = Counter(dict(counted.annotate(Count("pk"))))
        return cls(of_project.total(), of_project)

    @property
    def is_empty(self) -> bool:
        return not self.total

    def take(self, project_id: uuid.UUID) -> bool:
        """Whether there is room for one more of the project; then it is taken."""
        if self.total >= MAX_QUEUED or self.of_project[project_id] >= MAX_QUEUED_A_PROJECT:
            return False
        self.total += 1
        self.of_project[project_id] += 1
        return True


def _rows(
    new: Mapping[tuple[uuid.UUID, str], Wanted], room: _Room
) -> tuple[list[AheadCompression], Counter[uuid.UUID]]:
    """The rows to make, and how many of each project had no room."""
    rows: list[AheadCompression] = []
    dropped: Counter[uuid.UUID] = Counter()
    for (project_id, key), one in new.items():
        if len(one.text) > LONGEST_CHARS:
            rows.append(_failed(project_id, key, one))
        elif room.take(project_id):
            rows.append(_row(project_id, key, one, source=encrypt(encodable(one.text))))
        else:
            dropped[project_id] += 1
    return rows, dropped


def _row(project_id: uuid.UUID, key: str, one: Wanted, **values: object) -> AheadCompression:
    return AheadCompression(
        project_id=project_id,
        key=key,
        compressor=one.compressor[:200],
        rate=round(one.rate, 2),
        threshold=one.threshold,
        **values,
    )


def _failed(project_id: uuid.UUID, key: str, one: Wanted) -> AheadCompression:
    failed = AheadCompression.State.FAILED
    return _row(project_id, key, one, state=failed, reason=_TOO_LONG, finished_at=timezone.now())
