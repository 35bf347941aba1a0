"""Collects what answered requests leave for precompression, and stores it off every request's path.

Texts stay in memory until a batch is gathered, and are stored encrypted only. Where the database is down
they are dropped: the next turn of the conversation asks again. So they are for a while where the queue of
their project was full, whose work takes minutes.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog
from django.db import close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from optimizer_app.announcements import announce_precompressions
from optimizer_app.models import Precompression
from optimizer_app.precompression.accept import PrecompressionJob, queue_jobs
from optimizer_app.precompression.counts import Counts, add_counts
from optimizer_app.precompression.lookups import Lookups
from token_optimizer.optimizer.compression.llmlingua.compressor import compressor_name

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.5
STOP_SECONDS = 2.0
# A queue that is full has room for two or three texts after that.
FULL_SECONDS = 5.0
# What a worker holds in memory at most while the database is slow.
MAX_WAITING = 1_000
MAX_WAITING_CHARS = 20_000_000


@dataclass(frozen=True, slots=True)
class PrecompressionRequest:
    """What one answered request leaves: the texts to compress for its next turn, the rate and the lowest
    score of its config, and its own lookups."""

    project_id: uuid.UUID
    texts: tuple[str, ...] = field(repr=False)
    rate: float
    threshold: float
    lookups: Lookups

    @property
    def chars(self) -> int:
        return sum(map(len, self.texts))


class PrecompressionQueue:
    """A thread that stores precompression requests, for the life of a web worker."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[PrecompressionRequest | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = self._chars = 0
        self._dropped: Counter[uuid.UUID] = Counter()
        self._full_until: dict[uuid.UUID, float] = {}
        self._stopping = threading.Event()
        self._idle = threading.Condition(self._lock)
        self._thread = threading.Thread(target=self._run, name="precompression-queue", daemon=True)
        self._thread.start()

    def put(self, request: PrecompressionRequest) -> None:
        """Queue the request. It neither waits nor fails: beyond the bounds it is dropped and counted."""
        if not request.texts and not request.lookups:
            return
        with self._lock:
            if request.texts and self._is_full(request.project_id):
                self._dropped[request.project_id] += len(request.texts)
                request = replace(request, texts=())
                if not request.lookups:
                    return
            if self._count >= MAX_WAITING or self._chars + request.chars > MAX_WAITING_CHARS:
                self._dropped[request.project_id] += len(request.texts)
                return
            self._count += 1
            self._chars += request.chars
        self._waiting.put(request)

    def _is_full(self, project_id: uuid.UUID) -> bool:
        """Whether the project's queue had no room a moment ago."""
        return time.monotonic() < self._full_until.get(project_id, 0.0)

    def flush(self) -> None:
        """Wait until all requests are stored."""
        with self._idle:
            self._idle.wait_for(lambda: not self._count)

    def close(self) -> None:
        """Store what is waiting, if that takes no longer than STOP_SECONDS."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            self._stopping.wait(GATHER_SECONDS)
            batch = [first, *self._others()]
            try:
                close_old_connections()
                self._note_full(store_requests(batch, self._taken_dropped()))
                announce_precompressions({request.project_id for request in batch})
            except Exception as error:
                # The next batch has to be stored all the same. The type alone: a message could quote a text.
                log.warning(
                    "precompression_requests_dropped", requests=len(batch), error=type(error).__name__
                )
            finally:
                close_old_connections()
                self._done(batch)

    def _others(self) -> Iterable[PrecompressionRequest]:
        while True:
            try:
                request = self._waiting.get_nowait()
            except queue.Empty:
                return
            if request is None:
                self._waiting.put(None)
                return
            yield request

    def _taken_dropped(self) -> Counter[uuid.UUID]:
        with self._lock:
            dropped, self._dropped = self._dropped, Counter()
        return dropped

    def _note_full(self, projects: Collection[uuid.UUID]) -> None:
        with self._lock:
            self._full_until.update(dict.fromkeys(projects, time.monotonic() + FULL_SECONDS))

    def _done(self, batch: Sequence[PrecompressionRequest]) -> None:
        with self._idle:
            self._count -= len(batch)
            self._chars -= sum(request.chars for request in batch)
            self._idle.notify_all()


def store_requests(
    batch: Sequence[PrecompressionRequest], dropped: Mapping[uuid.UUID, int]
) -> Collection[uuid.UUID]:
    """Queue the texts of the requests, and add their lookups and the texts dropped before to the counts. The
    projects whose queue is full."""
    compressor = compressor_name()
    queued = queue_jobs([job for request in batch for job in _jobs(request, compressor)])
    counts: defaultdict[uuid.UUID, Counts] = defaultdict(Counts)
    for project_id, count in dropped.items():
        counts[project_id] += Counts(dropped_full=count)
    for request in batch:
        lookups = request.lookups
        counts[request.project_id] += Counts(len(lookups.hits), lookups.misses, lookups.unusable)
    with transaction.atomic():
        add_counts(counts)
        _add_hits(batch)
    return queued.full


def _jobs(request: PrecompressionRequest, compressor: str) -> Iterable[PrecompressionJob]:
    for text in request.texts:
        yield PrecompressionJob(request.project_id, text, compressor, request.rate, request.threshold)


def _add_hits(batch: Sequence[PrecompressionRequest]) -> None:
    found = Counter((request.project_id, key) for request in batch for key in request.lookups.hits)
    by_times: defaultdict[tuple[uuid.UUID, int], list[str]] = defaultdict(list)
    for (project_id, key), times in found.items():
        by_times[project_id, times].append(key)
    for (project_id, times), keys in sorted(by_times.items()):
        # Locked in one order, or two workers could wait for each other.
        rows = Precompression.objects.filter(project=project_id, key__in=keys).order_by("pk")
        locked = list(rows.select_for_update().values_list("pk", flat=True))
        Precompression.objects.filter(pk__in=locked).update(
            hits=F("hits") + times, last_used_at=timezone.now()
        )
