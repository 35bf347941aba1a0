"""Takes what answered requests leave to be done, and hands it to the queue, off every request's path.

What is wanted waits in memory for the moment that it takes to gather a batch, and never in the clear
anywhere else. Where the database is down it is forgotten: the next turn wants it again.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from django.db import close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from optimizer_app.announcements import announce_ahead
from optimizer_app.models import AheadCompression
from optimizer_app.precompression.accept import Wanted, accept_wanted
from optimizer_app.precompression.counts import Counts, add_counts
from optimizer_app.precompression.lookups import Looks
from token_optimizer.optimizer.compression.drafts import compressor_name

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.5
STOP_SECONDS = 2.0
# What a worker may hold of answered requests while the database is slow.
MAX_WAITING = 1_000
MAX_WAITING_CHARS = 20_000_000


@dataclass(frozen=True, slots=True)
class PrecompressionRequest:
    """What one answered request leaves: the texts that its next turn will want compressed, at the rate and
    above the score of its config, and what it looked for itself."""

    project_id: uuid.UUID
    texts: tuple[str, ...] = field(repr=False)
    rate: float
    threshold: float
    looks: Looks

    @property
    def chars(self) -> int:
        return sum(map(len, self.texts))


class PrecompressionQueue:
    """The thread that does it, for the life of a worker."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[PrecompressionRequest | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = self._chars = 0
        self._dropped: Counter[uuid.UUID] = Counter()
        self._stopping = threading.Event()
        self._idle = threading.Condition(self._lock)
        self._thread = threading.Thread(target=self._run, name="after-answers", daemon=True)
        self._thread.start()

    def put(self, answered: PrecompressionRequest) -> None:
        """Leave it to be done. It neither waits nor fails: where too much waits already, it is dropped."""
        if not answered.texts and not answered.looks:
            return
        with self._lock:
            if self._count >= MAX_WAITING or self._chars + answered.chars > MAX_WAITING_CHARS:
                self._dropped[answered.project_id] += len(answered.texts)
                return
            self._count += 1
            self._chars += answered.chars
        self._waiting.put(answered)

    def flush(self) -> None:
        """Wait until all that was put is done."""
        with self._idle:
            self._idle.wait_for(lambda: not self._count)

    def close(self) -> None:
        """Do what waits, if that can be done now."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            self._stopping.wait(GATHER_SECONDS)
            batch = [first, *self._others()]
            try:
                close_old_connections()
                hand_over(batch, self._taken_dropped())
                announce_ahead({answered.project_id for answered in batch})
            except Exception as error:
                # Whatever it is, the next batch is to be handed over. The type alone: it could quote a text.
                log.warning("ahead_forgotten", requests=len(batch), error=type(error).__name__)
            finally:
                close_old_connections()
                self._done(batch)

    def _others(self) -> Iterable[PrecompressionRequest]:
        while True:
            try:
                answered = self._waiting.get_nowait()
            except queue.Empty:
                return
            if answered is None:
                self._waiting.put(None)
                return
            yield answered

    def _taken_dropped(self) -> Counter[uuid.UUID]:
        with self._lock:
            dropped, self._dropped = self._dropped, Counter()
        return dropped

    def _done(self, batch: Sequence[PrecompressionRequest]) -> None:
        with self._idle:
            self._count -= len(batch)
            self._chars -= sum(answered.chars for answered in batch)
            self._idle.notify_all()


def hand_over(batch: Sequence[PrecompressionRequest], dropped: Mapping[uuid.UUID, int]) -> None:
    """Queue what the requests want, and count what they looked for and what was dropped before."""
    compressor = compressor_name()
    accept_wanted([wanted for answered in batch for wanted in _wanted(answered, compressor)])
    counts: defaultdict[uuid.UUID, Counts] = defaultdict(Counts)
    for project_id, count in dropped.items():
        counts[project_id] += Counts(dropped_full=count)
    for answered in batch:
        looks = answered.looks
        counts[answered.project_id] += Counts(len(looks.hits), looks.misses, looks.stays)
    with transaction.atomic():
        add_counts(counts)
        _note_hits(batch)


def _wanted(answered: PrecompressionRequest, compressor: str) -> Iterable[Wanted]:
    for text in answered.texts:
        yield Wanted(answered.project_id, text, compressor, answered.rate, answered.threshold)


def _note_hits(batch: Sequence[PrecompressionRequest]) -> None:
    hits: defaultdict[tuple[uuid.UUID, int], list[str]] = defaultdict(list)
    for project_id in {answered.project_id for answered in batch}:
        keys = Counter(key for one in batch if one.project_id == project_id for key in one.looks.hits)
        for key, times in keys.items():
            hits[project_id, times].append(key)
    for (project_id, times), found in sorted(hits.items()):
        # Locked in one order, or two workers could wait for each other.
        rows = AheadCompression.objects.filter(project=project_id, key__in=found).order_by("pk")
        locked = list(rows.select_for_update().values_list("pk", flat=True))
        AheadCompression.objects.filter(pk__in=locked).update(
            hits=F("hits") + times, last_used_at=timezone.now()
        )
