"""TelemetryEmitter: takes events without blocking, and posts them in batches from a thread of its own.

The queue is bounded. While the endpoint stays down, what waits goes to a file (see `spill`) and is sent from
there once it is back, in order, also by a later process. No lock is held while anything is sent.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests

from token_optimizer.telemetry.endpoint import check_analytics_url, spill_folder
from token_optimizer.telemetry.spill import SpillFile

log = logging.getLogger(__name__)

MAX_QUEUED = 10_000
MAX_ATTEMPTS = 12  # over half a minute: an analytics server may be restarted
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 8.0
POST_TIMEOUT_SECONDS = 5.0
IDLE_SECONDS = 30.0
EXIT_SECONDS = 2.0
RETRIED_STATUSES = frozenset({408, 425, 429})
RESENT_EVENTS = 100


class TelemetryEmitter:
    """Posts `{api_key, events: [...]}` to `analytics_url`, in order, each event until a 2xx or a refusal.

    A batch goes out when `batch_size` events wait, or `flush_interval` seconds after the first of them.
    Each carries an `Idempotency-Key`, the same on every attempt. `dropped` counts the events that were given
    up: refused by the endpoint, or more than fits in queue and file. ConfigError for a URL that would carry
    the key over the network in the clear. `spill_dir` None is where `endpoint.spill_folder` says.
    """

    def __init__(
        self,
        analytics_url: str,
        api_key: str,
        batch_size: int = 10,
        flush_interval: float = 5,
        *,
        max_queued: int = MAX_QUEUED,
        spill_dir: Path | None = None,
    ) -> None:
        check_analytics_url(analytics_url)
        self.analytics_url = analytics_url
        self.api_key = api_key
        self.batch_size = batch_size
        self.flush_interval = flush_interval
        self.max_queued = max_queued
        self.dropped = 0
        self._spill_dir = spill_dir or spill_folder()
        self._warned = False
        self._start_afresh()
        _living.add(self)

    def _start_afresh(self) -> None:
        """An empty queue and no thread: also what a forked child begins with, as the parent sends its own."""
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._queue: deque[bytes] = deque()
        self._in_flight: list[bytes] = []
        self._sending = False
        self._flushing = False
        self._failures = 0
        self._shut = False
        self._thread: threading.Thread | None = None
        endpoint = hashlib.sha256(f"{self.analytics_url}\n{self.api_key}".encode()).hexdigest()[:16]
        self._spill = SpillFile(self._spill_dir, endpoint)

    @property
    def undelivered(self) -> int:
        """How many events wait in the queue, on their way, or in the file."""
        return len(self._queue) + len(self._in_flight) + len(self._spill)

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
        """Send now what waits; True once nothing does, False after `timeout` seconds or where it went to the
        file."""
        with self._changed:
            self._flushing = self._thread is not None and bool(self._queue or len(self._spill))
            self._changed.notify_all()
            tried = self._changed.wait_for(self._is_at_rest, timeout)
        return tried and not len(self._spill)

    def _is_at_rest(self) -> bool:
        return not self._queue and not self._sending and not self._flushing

    def begin_shutdown(self) -> None:
        """Take no more events, and send at once what waits."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()

    def shutdown(self, timeout: float = POST_TIMEOUT_SECONDS) -> int:
        """Flush, then take no more events; returns how many are left. These wait in the file, where there is
        one, for the next process. What fails now is tried once more and no longer."""
        self.begin_shutdown()
        self.flush(timeout)
        with self._changed:
            left = [*self._in_flight, *self._queue]
            self._queue.clear()
            self._in_flight = []
            lost = len(left) - self._keep(left)
            waiting = len(self._spill)
            self._shut = True
            if self._thread is None:
                self._spill.close()
        if lost:
            self._give_up(lost, "they could not be sent in time")
        return waiting + lost

    def _run(self) -> None:
        try:
            self._spill.take_over()
            with requests.Session() as session:
                while (batch := self._next_batch()) or self._is_waiting():
                    self._send(session, batch)
                    self._landed()
        finally:
            # After an error nobody foresaw, the next event starts a new thread.
            self._landed(ended=True)

    def _is_waiting(self) -> bool:
        return bool(len(self._spill)) and not self._closing.is_set()

    def _landed(self, *, ended: bool = False) -> None:
        with self._changed:
            if self._thread is threading.current_thread():
                self._in_flight = []
                self._sending = False
                self._flushing = self._flushing and not ended
                self._thread = None if ended else self._thread
            self._changed.notify_all()
            if self._shut and self._thread is None:
                self._spill.close()

    def _next_batch(self) -> list[bytes]:
        """The next events, once they are due; none where nothing came for a while."""
        with self._changed:
            self._wait_until_due()
            # While the endpoint is down, the file holds them better.
            size = len(self._queue) if self._failures else self.batch_size
            batch = [self._queue.popleft() for _ in range(min(size, len(self._queue)))]
            self._in_flight = batch
            self._sending = bool(batch or len(self._spill))
            self._flushing = self._flushing and bool(self._queue)
            if not self._sending:
                self._thread = None
            return batch

    def _wait_until_due(self) -> None:
        if self._failures:
            self._changed.wait_for(self._cannot_wait, _pause_seconds(self._failures))
            return
        self._changed.wait_for(lambda: self._queue or self._closing.is_set(), IDLE_SECONDS)
        if self._queue:
            self._changed.wait_for(self._is_due, self.flush_interval)

    def _cannot_wait(self) -> bool:
        return len(self._queue) * 2 >= self.max_queued or self._flushing or self._closing.is_set()

    def _is_due(self) -> bool:
        return len(self._queue) >= self.batch_size or self._flushing or self._closing.is_set()

    def _send(self, session: requests.Session, batch: list[bytes]) -> None:
        """Post a batch behind what waits in the file; where the endpoint is down, put it there."""
        attempts = 1 if self._failures else MAX_ATTEMPTS
        problem = self._resend(session) or (batch and self._deliver(session, batch, attempts))
        if not problem:
            self._failures = 0
            return
        self._failures += 1
        with self._changed:
            # What `shutdown` has put away meanwhile is not kept twice.
            left = self._in_flight
            lost = len(left) - self._keep(left)
            self._in_flight = []
        if lost:
            self._give_up(lost, problem)

    def _resend(self, session: requests.Session) -> str:
        """Send what waits in the file; why not, empty where all of it went."""
        while lines := self._spill.first(RESENT_EVENTS):
            if problem := self._deliver(session, [self._with_key(line) for line in lines], attempts=1):
                return problem
            self._spill.take_off(len(lines))
        return ""

    def _deliver(self, session: requests.Session, batch: Sequence[bytes], attempts: int) -> str:
        """Post a batch; why it may not have arrived, empty where it did or where the endpoint refuses it."""
        body = b'{"api_key":%s,"events":[%s]}' % (orjson.dumps(self.api_key), b",".join(batch))
        problem = ""
        for attempt in range(attempts):
            problem, final = self._post(session, body)
            if not problem:
                self._warned = False
                return ""
            if final:
                self._give_up(len(batch), problem)
                return ""
            if self._closing.is_set():
                break
            if attempt + 1 < attempts:
                self._closing.wait(_pause_seconds(attempt))
        return problem

    def _post(self, session: requests.Session, body: bytes) -> tuple[str, bool]:
        """What went wrong, empty when nothing did, and whether trying again is of no use."""
        try:
            response = session.post(
                self.analytics_url,
                data=body,
                headers={
                    "Content-Type": "application/json",
                    "Idempotency-Key": hashlib.sha256(body).hexdigest(),
                },
                timeout=POST_TIMEOUT_SECONDS,
                allow_redirects=False,  # a redirected POST becomes a GET
            )
        except requests.RequestException as error:
            return type(error).__name__, isinstance(error, ValueError)
        status = response.status_code
        if 200 <= status < 300:
            return "", True
        return f"status {status}", status < 500 and status not in RETRIED_STATUSES

    def _keep(self, lines: Sequence[bytes]) -> int:
        """Put events in the file, without the key: how many found room."""
        return self._spill.append([self._without_key(line) for line in lines])

    def _without_key(self, line: bytes) -> bytes:
        event = orjson.loads(line)
        if event.get("api_key") == self.api_key:
            del event["api_key"]
        return orjson.dumps(event)

    def _with_key(self, line: bytes) -> bytes:
        return orjson.dumps({"api_key": self.api_key, **orjson.loads(line)})

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
    longest = min(FIRST_PAUSE_SECONDS * 2 ** min(attempt, 10), LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311


_living: weakref.WeakSet[TelemetryEmitter] = weakref.WeakSet()


@atexit.register
def _shut_all_down() -> None:
    """Give what still waits at the end of the process a bounded chance, all emitters together."""
    deadline = time.monotonic() + EXIT_SECONDS
    emitters = list(_living)
    for emitter in emitters:
        emitter.begin_shutdown()
    for emitter in emitters:
        emitter.shutdown(max(0.0, deadline - time.monotonic()))


def _start_all_afresh() -> None:
    for emitter in list(_living):
        emitter._start_afresh()


os.register_at_fork(after_in_child=_start_all_afresh)
