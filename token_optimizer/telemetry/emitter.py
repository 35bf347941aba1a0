"""TelemetryEmitter: takes events without blocking, and posts them in batches from a thread of its own.

The queue is bounded. While the endpoint stays down, what waits goes to a file (see `spill`) and is sent from
there once it is back, in order, also by a later process. No lock is held while anything is sent.
"""

from __future__ import annotations

import hashlib
import logging
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests

from token_optimizer.telemetry import process_end
from token_optimizer.telemetry.endpoint import check_analytics_url, spill_folder
from token_optimizer.telemetry.posting import POST_TIMEOUT_SECONDS, Verdict, post_events
from token_optimizer.telemetry.spill import SpillFile
from token_optimizer.telemetry.waiting import MAX_EVENTS, EventQueue

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12  # over half a minute: an analytics server may be restarted
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 8.0
IDLE_SECONDS = 30.0
# A batch of what waited long, in the file or behind a slow endpoint.
BACKLOG_EVENTS = 100


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
        max_queued: int = MAX_EVENTS,
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
        self.start_afresh()
        process_end.add(self)

    def start_afresh(self) -> None:
        """An empty queue and no thread: also what a forked child begins with, as the parent sends its own."""
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._last_moment = 0.0
        self._queue = EventQueue(self.max_queued)
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
        """Queue an event; returns at once, and never raises. A full queue loses its oldest events."""
        try:
            line = orjson.dumps(event)
        except orjson.JSONEncodeError:
            self._give_up(1, "an event is no JSON")
            return
        lost, problem = self._enqueue(line)
        if lost:
            self._give_up(lost, problem)

    def _enqueue(self, line: bytes) -> tuple[int, str]:
        """How many events were lost for this one, and why."""
        with self._changed:
            if self._closing.is_set():
                return 1, "the emitter is shut down"
            lost = self._queue.append(line)
            self._changed.notify_all()
            if self._thread is None:
                self._start_thread()
        return lost, "the queue is full"

    def _start_thread(self) -> None:
        """Where the system has no thread to give, the next event asks again."""
        thread = threading.Thread(target=self._run, name="token-optimizer-telemetry", daemon=True)
        with suppress(RuntimeError):
            thread.start()
            self._thread = thread
            process_end.shut_down_with_child()

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

    def begin_shutdown(self, timeout: float = POST_TIMEOUT_SECONDS) -> None:
        """Take no more events, and send at once what waits; `timeout` is for that."""
        self._last_moment = time.monotonic() + timeout
        self._closing.set()
        with self._changed:
            self._changed.notify_all()

    def shutdown(self, timeout: float = POST_TIMEOUT_SECONDS) -> int:
        """Flush, then take no more events; returns how many did not arrive. These wait in the file, where
        there is one, for the next process."""
        dropped_before = self.dropped
        self.begin_shutdown(timeout)
        self.flush(timeout)
        with self._changed:
            left = [*self._in_flight, *self._queue.take(len(self._queue))]
            self._in_flight = []
            lost = len(left) - self._keep(left)
            waiting = len(self._spill)
            self._shut = True
            if self._thread is None:
                self._spill.close()
        if lost:
            self._give_up(lost, "they could not be sent in time")
        return waiting + self.dropped - dropped_before

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
            batch = self._queue.take(self._batch_events())
            self._in_flight = batch
            self._sending = bool(batch or len(self._spill))
            self._flushing = self._flushing and bool(self._queue)
            if not self._sending:
                self._thread = None
            return batch

    def _batch_events(self) -> int:
        """How many events go together: more than usual where they come faster than they go."""
        if self._failures:
            return len(self._queue)  # while the endpoint is down, the file holds them better
        return max(self.batch_size, BACKLOG_EVENTS) if self._queue.is_filling(0.1) else self.batch_size

    def _wait_until_due(self) -> None:
        if self._failures:
            self._changed.wait_for(self._cannot_wait, _pause_seconds(self._failures))
            return
        self._changed.wait_for(lambda: self._queue or self._closing.is_set(), IDLE_SECONDS)
        if self._queue:
            self._changed.wait_for(self._is_due, self.flush_interval)

    def _cannot_wait(self) -> bool:
        return self._queue.is_filling(0.5) or self._flushing or self._closing.is_set()

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
        while lines := self._spill.first(BACKLOG_EVENTS):
            if problem := self._deliver(session, [self._with_key(line) for line in lines], attempts=1):
                return problem
            self._spill.take_off(len(lines))
        return ""

    def _deliver(self, session: requests.Session, batch: Sequence[bytes], attempts: int) -> str:
        """Post a batch; why it may not have arrived, empty where it did or where the endpoint refuses it.

        A refused batch is halved, down to the event that the endpoint does not take.
        """
        body = b'{"api_key":%s,"events":[%s]}' % (orjson.dumps(self.api_key), b",".join(batch))
        problem = ""
        for attempt in range(attempts):
            problem, verdict = post_events(session, self.analytics_url, body)
            if not problem:
                self._warned = False
                return ""
            if verdict == "halve" and len(batch) > 1:
                return self._deliver_halves(session, batch, attempts)
            if verdict not in ("again", "nobody listens"):
                self._give_up(len(batch), problem)
                return ""
            if attempt + 1 == attempts or not self._has_waited(attempt, verdict):
                break
        return problem

    def _has_waited(self, attempt: int, verdict: Verdict) -> bool:
        """Whether there is time for another attempt, after the pause before it."""
        seconds = _pause_seconds(attempt)
        if not self._closing.is_set():
            self._closing.wait(seconds)
        else:
            time.sleep(max(0.0, min(seconds, self._last_moment - time.monotonic())))
        if not self._closing.is_set():
            return True
        return verdict != "nobody listens" and time.monotonic() < self._last_moment

    def _deliver_halves(self, session: requests.Session, batch: Sequence[bytes], attempts: int) -> str:
        middle = len(batch) // 2
        problem = self._deliver(session, batch[:middle], attempts)
        return problem or self._deliver(session, batch[middle:], attempts)

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
