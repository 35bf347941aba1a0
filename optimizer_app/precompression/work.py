"""Compresses queued texts, a small batch at a time, each project's texts in turn.

A worker holds a batch by a lease; where it dies, another one takes the batch once the lease has passed. A
text is removed when its result is stored. One that was begun three times is given up: it may be what ends
the workers.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import structlog
from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import Length, RowNumber
from django.utils import timezone

from optimizer_app.background.leases import lease
from optimizer_app.background.machine_lock import machine_lock
from optimizer_app.models import Precompression
from optimizer_app.precompression.counts import Counts, add_counts
from optimizer_app.precompression.sealing import seal
from optimizer_app.security.encryption import UndecryptableSecret, decrypt
from token_optimizer.models import Block
from token_optimizer.optimizer.compression.blocks import Compression, compress_blocks
from token_optimizer.optimizer.compression.llmlingua.compressor import compressor_name, shared_compressor
from token_optimizer.optimizer.compression.rates import asked_rate, nearer_rate
from token_optimizer.ports import CompressionKey
from token_optimizer.text.counting import token_counts

log = structlog.get_logger(__name__)

# A batch takes LLMLingua-2 some half a minute, the longest text six times as much on a slow machine.
LEASE = timedelta(minutes=10)
BATCH = 8
BATCH_CHARS = 24_000
MAX_ATTEMPTS = 3
# After this time a task ends and leaves the rest to the next one.
TURN = timedelta(seconds=30)
# By then the conversation has had its next turn, or is over.
MAX_WAIT = timedelta(hours=1)
_STATES = Precompression.State
# Encryption makes a text longer by this factor.
_ENCRYPTED = 4 / 3


@dataclass(slots=True)
class Finished:
    """How many texts came to an end, of which projects, and whether there is more to do. `broken` is the
    reason where the compressor failed: then the rest has to wait."""

    count: int = 0
    projects: frozenset[uuid.UUID] = frozenset()
    more: bool = False
    broken: str = ""


def compress_due(is_stopping: Callable[[], bool] = lambda: False) -> Finished:
    """Work on due texts for one turn, or until the worker is to stop.

    One process of a machine does so at a time: it takes all the cores that requests leave.
    """
    finished = Finished()
    with machine_lock("precompression") as alone:
        if not alone:
            return finished
        finished.projects |= drop_late()
        until = timezone.now() + TURN
        while timezone.now() < until and not is_stopping() and (batch := lease_batch()):
            finished.projects |= {row.project_id for row in batch}
            _work_on(batch, finished)
            if finished.broken:
                log.warning("compressor_broken", error=finished.broken)
                return finished
        finished.more = Precompression.objects.due(timezone.now()).exists()
    return finished


def drop_late() -> frozenset[uuid.UUID]:
    """Drop and count texts that have waited too long; returns their projects."""
    now = timezone.now()
    late = Precompression.objects.due(now).filter(created_at__lt=now - MAX_WAIT)
    with transaction.atomic():
        rows = list(late.select_for_update(skip_locked=True).values_list("pk", "project_id"))
        Precompression.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
        dropped = Counter(project_id for _, project_id in rows)
        add_counts({project_id: Counts(dropped_late=count) for project_id, count in dropped.items()})
    return frozenset(dropped)


def lease_batch() -> list[Precompression]:
    """The next texts; the caller holds them for the next `LEASE`."""
    due = Precompression.objects.due(timezone.now()).filter(pk__in=_next_in_line())
    with transaction.atomic():
        rows = lease(due.select_related("project").defer("result"), LEASE, state=_STATES.WORKING)
        Precompression.objects.filter(pk__in=[row.pk for row in rows]).update(attempts=F("attempts") + 1)
    for row in rows:
        row.attempts += 1
    return rows


def _next_in_line() -> list[int]:
    """The rows that come next, one of each project after the other.

    One that was begun before goes alone: it may be what ended the worker.
    """
    place = Window(RowNumber(), partition_by=F("project_id"), order_by=F("id").asc())
    due = Precompression.objects.due(timezone.now()).annotate(place=place, length=Length("source"))
    found = due.order_by("place", "pk").values_list("pk", "length", "attempts")[:BATCH]
    chosen: list[int] = []
    chars = 0.0
    for pk, length, attempts in found:
        chars += (length or 0) / _ENCRYPTED
        if chosen and (attempts or chars > BATCH_CHARS):
            break
        chosen.append(pk)
        if attempts:
            break
    return chosen


def _work_on(batch: Sequence[Precompression], finished: Finished) -> None:
    ready = []
    for row in batch:
        if problem := _problem(row):
            finished.count += _end(row, _STATES.FAILED, reason=problem)
        else:
            ready.append(row)
    for rate, rows in groupby(sorted(ready, key=_rate), _rate):
        _compress(list(rows), rate, finished)


def _rate(row: Precompression) -> float:
    """The rate to ask of the compressor first, as a request does: a cut to the row's own rate seldom is
    faithful."""
    return asked_rate(row.rate, row.threshold)


def _problem(row: Precompression) -> str:
    """Why the text cannot be compressed; empty where it can."""
    if row.attempts > MAX_ATTEMPTS:
        return row.reason or f"the worker ended {MAX_ATTEMPTS} times while compressing it"
    here = compressor_name()[:200]
    if row.compressor != here:
        return f"made for the compressor {row.compressor!r}; the worker has {here!r}"
    return "" if row.source else "its text was removed"


def _compress(rows: Sequence[Precompression], rate: float, finished: Finished) -> None:
    texts = [(row, text) for row in rows if (text := _text(row, finished)) is not None]
    blocks = [Block(text) for _, text in texts]
    try:
        made = _made(blocks, rate)
        made = [_nearer(row, rate, first) for (row, _), first in zip(texts, made, strict=True)]
    except Exception as error:
        # The type alone: a message could quote the text.
        name = type(error).__name__
        log.error("compression_failed", rows=[row.pk for row, _ in texts], error=name)
        made = [Compression(block, reason=f"the compressor failed: {name}") for block in blocks]
    for (row, text), compression in zip(texts, made, strict=True):
        finished.count += _store(row, text, compression)
        finished.broken = finished.broken or compression.reason


def _made(blocks: Sequence[Block], rate: float) -> list[Compression]:
    """The blocks at this rate, whatever the score."""
    return compress_blocks(blocks, rate, compressor=shared_compressor(), threshold=0.0)


def _nearer(row: Precompression, rate: float, first: Compression) -> Compression:
    """The compression, or one nearer to the row's rate where the score leaves room for it."""
    nearer = nearer_rate(first, rate, row.rate, row.threshold)
    if nearer is None:
        return first
    text = first.block.original_content or first.block.content
    second = _made([Block(text)], nearer)[0]
    return second if second.score is not None and second.score >= row.threshold else first


def _text(row: Precompression, finished: Finished) -> str | None:
    try:
        return decrypt(row.source or "")
    except UndecryptableSecret as error:
        finished.count += _end(row, _STATES.FAILED, reason=str(error))
        return None


def _store(row: Precompression, text: str, made: Compression) -> int:
    """Store the outcome; 1 where the text is finished, 0 where it is tried again."""
    if made.reason:
        if row.attempts >= MAX_ATTEMPTS:
            return _end(row, _STATES.FAILED, reason=made.reason[:300])
        _update(row, state=_STATES.QUEUED, leased_until=None, reason=made.reason[:300])
        return 0
    before, after = token_counts([text, made.block.content])
    if not made.applied or made.score is None:
        return _end(row, _STATES.NO_GAIN, tokens_before=before, tokens_after=before)
    key = CompressionKey.of(text, row.compressor, row.rate)
    return _end(
        row,
        _STATES.DONE if made.score >= row.threshold else _STATES.BELOW,
        result=seal(made.block.content, key, row.project.hash_secret),
        score=made.score,
        tokens_before=before,
        tokens_after=after,
    )


def _end(row: Precompression, state: Precompression.State, **values: object) -> int:
    values = {"reason": "", **values, "source": None, "leased_until": None, "finished_at": timezone.now()}
    return _update(row, state=state, **values)


def _update(row: Precompression, **values: object) -> int:
    """Change the row where the lease is still ours; returns how many rows changed."""
    ours = Precompression.objects.filter(pk=row.pk, state=_STATES.WORKING, leased_until=row.leased_until)
    return ours.update(**values)
