"""Which requests repeat an earlier one of their project, whether the exact cache still knew it or not.

That is told by hashes in the database, so it is known, too, where the cache forgot or could not be asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from optimizer_app.models import SeenPrompt
from optimizer_app.optimize.conversations import KEPT_SECONDS
from optimizer_app.traces.record import TraceRecord

# What the exact cache was given longer ago than this it is not expected to know.
REPEATS_WITHIN = timedelta(seconds=KEPT_SECONDS)

Prompt = tuple[uuid.UUID, int]


def note_repeats(records: Sequence[TraceRecord]) -> set[uuid.UUID]:
    """The ids of the records whose prompt came before, in the transaction that stores them: the next ones are
    compared with these."""
    asked = [record for record in records if record.prompt_digest is not None]
    if not asked:
        return set()
    seen = _seen(asked)
    repeats = set()
    for record in sorted(asked, key=attrgetter("created_at")):
        prompt = _prompt_of(record)
        before = seen.get(prompt)
        if record.cache_hit or (before and abs(record.created_at - before) <= REPEATS_WITHIN):
            repeats.add(record.id)
        seen[prompt] = max(before or record.created_at, record.created_at)
    _keep(seen)
    return repeats


def drop_seen_before(moment: datetime) -> None:
    """Forget what nothing can repeat any more."""
    SeenPrompt.objects.filter(seen_at__lt=moment - REPEATS_WITHIN).delete()


def _prompt_of(record: TraceRecord) -> Prompt:
    assert record.prompt_digest is not None
    return record.project_id, record.prompt_digest


def _seen(records: Sequence[TraceRecord]) -> dict[Prompt, datetime]:
    """When each of the prompts came last."""
    rows = SeenPrompt.objects.filter(
        project__in={record.project_id for record in records},
        digest__in={record.prompt_digest for record in records},
    )
    return {(row.project_id, row.digest): row.seen_at for row in rows}


def _keep(seen: dict[Prompt, datetime]) -> None:
    # In one order, so that two that store at once do not wait for each other.
    rows = [SeenPrompt(project_id=key[0], digest=key[1], seen_at=seen[key]) for key in sorted(seen)]
    SeenPrompt.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["project", "digest"], update_fields=["seen_at"]
    )
