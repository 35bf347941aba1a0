"""TelemetryEmitter: takes events without blocking, and posts them in batches from a thread of its own.

The queue is bounded, so an analytics server that is down costs the newest `max_queued` events of memory and
nothing else. No lock is held while anything is sent.
"""

from __future__ import annotations

import atexit
import logging
import os
import random
import threading
import time
import weakref
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests

log = logging.getLogger(__name__)

MAX_QUEUED = 10_000
MAX_ATTEMPTS = 12  # over half a minute: an analytics server may be restarted
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 8.0
POST_TIMEOUT_SECONDS = 5.0
IDLE_SECONDS = 30.0
EXIT_SECONDS = 2.0
RETRIED_STATUSES = frozenset({408, 429})


class TelemetryEmitter:
    """Posts `{api_key, events: [...]}` to `analytics_url`, each event until a 2xx or a limit of attempts.

    A batch goes out when `batch_size` events wait, or `flush_interval` seconds after the first of them.
    `dropped` counts the events that were given up.
    """

    def __init__(
        self,
        analytics_url: str,
        api_key: str,
        batch_size: int = 10,
        flush_interval: float = 5,
        *,
        max_queued: int = MAX_QUEUED,
    ) -> None:
        self.analytics_url = analytics_url
        self.api_key = api_key
        self.batch_size = batch_size
        self.flush_interval = flush_interval
        self.max_queued = max_queued
        self.dropped = 0
        self._warned = False
        self._start_afresh()
        _living.add(self)

    def _start_afresh(self) -> None:
        """An empty queue and no thread: also what a forked child begins with, as the parent sends its own."""
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._queue: deque[bytes] = deque()
        self._in_flight = 0
        self._flushing = False
        self._thread: threading.Thread | None = None

    def emit(self, event: dict[str, Any]) -> None:
        """Queue an event; returns at once. A full queue loses its oldest event."""
        if problem := self._enqueue(orjson.dumps(event)):
            self._give_up(1, problem)

    def _enqueue(self, line: bytes) -> str:
        """Why an event was lost for this one; empty when none was."""
        with self._changed:
            if self._closing.is_set():
                return "the emitter is shut down"
            full = len(self._queue) >= self.max_queued
            if full:
                self._queue.popleft()
            self._queue.append(line)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="token-optimizer-telemetry", daemon=True
                )
                self._thread.start()
        return "the queue is full" if full else ""

    def flush(self, timeout: float = POST_TIMEOUT_SECONDS) -> bool:
        """Send now what waits; True once all was delivered or given up, False after `timeout` seconds."""
        with self._changed:
            self._flushing = bool(self._queue)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._queue and not self._in_flight, timeout)

    def shutdown(self, timeout: float = POST_TIMEOUT_SECONDS) -> bool:
        """Flush, then take no more events. What fails now is tried once more and no longer."""
        self._closing.set()
        return self.flush(timeout)

    def _run(self) -> None:
        try:
            with requests.Session() as session:
                while batch := self._next_batch():
                    self._deliver(session, batch)
                    self._landed()
        finally:
            # After an error nobody foresaw, the next event starts a new thread.
            self._landed(ended=True)

    def _landed(self, *, ended: bool = False) -> None:
        with self._changed:
            if self._thread is threading.current_thread():
                self._in_flight = 0
                self._thread = None if ended else self._thread
            self._changed.notify_all()

    def _next_batch(self) -> list[bytes]:
        """The next events, once they are due; none when the thread has been idle and may end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing.is_set(), IDLE_SECONDS)
            if self._queue:
                self._changed.wait_for(self._is_due, self.flush_interval)
            batch = [self._queue.popleft() for _ in range(min(self.batch_size, len(self._queue)))]
            self._in_flight = len(batch)
            self._flushing = self._flushing and bool(self._queue)
            if not batch:
                self._thread = None
            return batch

    def _is_due(self) -> bool:
        return len(self._queue) >= self.batch_size or self._flushing or self._closing.is_set()

    def _deliver(self, session: requests.Session, batch: list[bytes]) -> None:
        body = b'{"api_key":%s,"events":[%s]}' % (orjson.dumps(self.api_key), b",".join(batch))
        problem = ""
        for attempt in range(MAX_ATTEMPTS):
            problem, final = self._post(session, body)
            if not problem:
                self._warned = False
                return
            if final or self._closing.is_set():
                break
            self._closing.wait(_pause_seconds(attempt))
        self._give_up(len(batch), problem)

    def _post(self, session: requests.Session, body: bytes) -> tuple[str, bool]:
        """What went wrong, empty when nothing did, and whether trying again is of no use."""
        try:
            response = session.post(
                self.analytics_url,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=POST_TIMEOUT_SECONDS,
                allow_redirects=False,  # a redirected POST becomes a GET
            )
        except requests.RequestException as error:
            return type(error).__name__, isinstance(error, ValueError)
        status = response.status_code
        if 200 <= status < 300:
            return "", True
        return f"status {status}", status < 500 and status not in RETRIED_STATUSES

    def _give_up(self, count: int, problem: str) -> None:
        """Count lost events; the first loss of an outage is told, the rest are only counted."""
        with self._changed:
            self.dropped += count
            first, self._warned = not self._warned, True
        if first:
            host = urlsplit(self.analytics_url).hostname
            log.warning("telemetry for %s is being dropped (%s); requests are not affected", host, problem)


def _pause_seconds(attempt: int) -> float:
    """Twice as long after each failure, with jitter so that many clients do not return at one moment."""
    return min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311


_living: weakref.WeakSet[TelemetryEmitter] = weakref.WeakSet()


@atexit.register
def _shut_all_down() -> None:
    """Give what still waits at the end of the process a bounded chance, all emitters together."""
    deadline = time.monotonic() + EXIT_SECONDS
    emitters = list(_living)
    for emitter in emitters:
        emitter.shutdown(timeout=0)
    for emitter in emitters:
        emitter.flush(max(0.0, deadline - time.monotonic()))


def _start_all_afresh() -> None:
    for emitter in list(_living):
        emitter._start_afresh()


os.register_at_fork(after_in_child=_start_all_afresh)
