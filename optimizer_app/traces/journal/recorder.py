"""Keeps a trace of every answered request, off the request's path, so that a crash loses none.

A request is over once its line is in the journal. What the journal holds is stored as traces and events, in
one transaction a segment, and the live pages are told. The process for that takes what web workers hand over;
while there is none, a thread of each worker does it. While the database is down the segments wait; when a
process dies, the next one finds them. Storing twice changes nothing, so a segment is removed only after its
transaction.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Literal, Protocol, Self

import structlog
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db import Error as DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from optimizer_app.announcements import announce_traces
from optimizer_app.background.connections import unpooled
from optimizer_app.captures.record import CaptureRecord
from optimizer_app.traces.journal.lines import LineStore
from optimizer_app.traces.journal.lone_recorder import has_lone_recorder
from optimizer_app.traces.journal.segments import SegmentJournal
from optimizer_app.traces.record import TraceRecord

__all__ = ["Journal", "Recorder", "TraceRecord"]

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.2
# How often the process for it looks what was handed over.
LOOK_EVERY_SECONDS = 0.1
LEFTOVERS_EVERY_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.2
MAX_PAUSE_SECONDS = 5.0
STOP_SECONDS = 5.0
CONNECT_SECONDS = 5
# Lines kept in memory while the disk takes none.
MAX_UNWRITTEN_LINES = 5_000
# Of one worker, while nothing can be stored: some hundred thousand traces. Texts leave the last part to them.
MAX_JOURNAL_BYTES = 2 * 1024**3
NEARLY_FULL_BYTES = MAX_JOURNAL_BYTES // 2
MAX_JOURNAL_BYTES_FOR_TEXTS = 512 * 1024 * 1024

# `held in memory`: the disk takes nothing, and what was answered meanwhile is lost when the worker ends.
JournalState = Literal["ok", "held in memory", "nearly full", "full"]


class Journal(Protocol):
    """Where the gateway leaves a finished request."""

    def append(self, record: TraceRecord) -> None: ...


class Recorder:
    """The journal and the thread that drains it, for the life of a worker: `async with Recorder(folder)`.

    `is_lone`: of the process that stores what all workers hand over.
    """

    def __init__(self, directory: Path, *, is_lone: bool = False) -> None:
        self._journal = SegmentJournal(directory)
        self._lines = LineStore(self._journal, self._announce)
        self._is_lone = is_lone
        self._unwritten: list[bytes] = []
        self._next_look = 0.0
        self._work = threading.Event()
        self._hurry = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._is_nearly_full = False
        self._announcing: set[Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        # A daemon: a database that hangs must not hang the end of the process.
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._work.set()
        self._thread.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def stop(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Store what is there if that can be done now; the next start finds the rest in the journal."""
        self._stopping.set()
        self.nudge()
        await asyncio.to_thread(self._thread.join, timeout_seconds)
        if self._announcing:
            await asyncio.wait([asyncio.wrap_future(future) for future in tuple(self._announcing)])
        if self._unwritten:
            log.error("traces_lost", count=len(self._unwritten))

    @property
    def state(self) -> JournalState:
        """How it is with traces that are not stored yet."""
        size = self._journal.size
        if size > MAX_JOURNAL_BYTES:
            return "full"
        if self._unwritten:
            return "held in memory"
        return "nearly full" if size > NEARLY_FULL_BYTES else "ok"

    def append(self, record: TraceRecord) -> None:
        """Keep a finished request. It never fails: what the disk does not take is held in memory.

        A journal that has grown to its bound takes none; the log and the page System say so long before.
        """
        size = self._journal.size
        self._tell_nearly_full(size)
        if size > MAX_JOURNAL_BYTES:
            log.error("trace_lost", trace_id=str(record.id), error="the journal is full")
            return
        line = record.as_line()
        try:
            self._journal.append(line)
        except OSError as error:
            self._keep_in_memory(line, error)
        if not self._work.is_set():
            self._work.set()

    def append_capture(self, record: CaptureRecord) -> None:
        """Keep the encrypted texts of a request, or why there are none. A full disk loses them."""
        if self._journal.size > MAX_JOURNAL_BYTES_FOR_TEXTS:
            log.warning("capture_lost", trace_id=str(record.capture), error="the journal is full")
            return
        try:
            self._journal.append(record.as_line())
        except OSError as error:
            log.error("capture_lost", trace_id=str(record.capture), error=type(error).__name__)
        self._work.set()

    def nudge(self) -> None:
        """Store or hand over at once instead of waiting for more."""
        self._work.set()
        self._hurry.set()

    def _tell_nearly_full(self, size: int) -> None:
        """Once each time that half of the bound is passed."""
        if size > NEARLY_FULL_BYTES and not self._is_nearly_full:
            log.error("journal_nearly_full", bytes=size, max_bytes=MAX_JOURNAL_BYTES)
        self._is_nearly_full = size > NEARLY_FULL_BYTES

    def _keep_in_memory(self, line: bytes, error: OSError) -> None:
        full = len(self._unwritten) >= MAX_UNWRITTEN_LINES
        log.error("journal_unwritable", error=type(error).__name__, errno=error.errno, trace_lost=full)
        if not full:
            self._unwritten.append(line)

    def _run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = _own_connection()
        try:
            self._drain_until_stopped()
        finally:
            connections.close_all()

    def _drain_until_stopped(self) -> None:
        while True:
            self._work.wait(LOOK_EVERY_SECONDS if self._is_lone else LEFTOVERS_EVERY_SECONDS)
            self._hurry.wait(self._pause_seconds())
            self._work.clear()
            self._hurry.clear()
            stopping = self._stopping.is_set()
            self._drain(stopping=stopping)
            if stopping and (self._failures or self._journal.empty):
                return

    def _pause_seconds(self) -> float:
        """A moment to gather a batch; after failures longer and longer, and not the same in every worker."""
        if not self._failures:
            # What another process handed over was gathered there.
            return 0.0 if self._is_lone else GATHER_SECONDS
        pause = min(FIRST_PAUSE_SECONDS * 2**self._failures, MAX_PAUSE_SECONDS)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311

    def _drain(self, *, stopping: bool) -> None:
        """See that all waiting records are stored. A failure is followed by another try after a pause."""
        try:
            close_old_connections()
            if not self._is_lone and has_lone_recorder(self._journal.directory):
                self._journal.hand_over(all_at_once=stopping)
            else:
                self._store_segments()
            self._store_unwritten()
            self._failures = 0
        except (DatabaseError, OSError) as error:
            self._failures = min(self._failures + 1, 10)
            log.warning("traces_wait", error=type(error).__name__, failures=self._failures)
        finally:
            close_old_connections()
        if not self._journal.empty or self._unwritten:
            self._work.set()

    def _store_segments(self) -> None:
        self._look_for_leftovers()
        for segment in self._journal.pending():
            self._lines.add(segment.lines(), segment.path.name)
            self._journal.drained(segment)

    def _look_for_leftovers(self) -> None:
        """Of dead processes; and at once those that were handed over to one that has died since."""
        is_time = self._is_lone or time.monotonic() >= self._next_look
        if not is_time and not self._journal.waits_for_another:
            return
        self._next_look = time.monotonic() + LEFTOVERS_EVERY_SECONDS
        found = self._journal.adopt_leftovers()
        if found and not self._is_lone:
            log.info("journal_leftovers", segments=found)

    def _store_unwritten(self) -> None:
        lines = self._unwritten[:]
        if lines:
            self._lines.add(lines, "unwritten.jsonl")
            del self._unwritten[: len(lines)]

    def _announce(self, counts: Mapping[uuid.UUID, int]) -> None:
        if self._loop is None or self._loop.is_closed() or not counts:
            return
        future = asyncio.run_coroutine_threadsafe(announce_traces(counts), self._loop)
        self._announcing.add(future)
        future.add_done_callback(self._announcing.discard)


def _own_connection() -> BaseDatabaseWrapper:
    """A lasting connection outside the pool, whose pauses after an outage can grow to minutes."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    options = {"connect_timeout": CONNECT_SECONDS, **unpooled(own.settings_dict["OPTIONS"])}
    own.settings_dict = {**own.settings_dict, "OPTIONS": options, "CONN_MAX_AGE": None}
    return own
