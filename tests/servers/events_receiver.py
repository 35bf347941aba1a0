"""An analytics endpoint on a real socket: takes the events that a TelemetryEmitter posts."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from tests.patience import PATIENCE_SECONDS
from tests.servers.local_server import LocalServer, Received, Wire


class EventsReceiver(LocalServer):
    """Answers 202 to each batch, or the next scripted status; `events` are those it accepted.

    While `gate` is cleared no batch is answered.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.events: list[dict[str, Any]] = []
        self.gate = threading.Event()
        self.gate.set()
        self._statuses: deque[int] = deque()
        self._accepted = threading.Condition()

    @property
    def events_url(self) -> str:
        return self.url + "/api/v1/events"

    def script(self, *statuses: int) -> None:
        """Queue the statuses of the next batches."""
        self._statuses.extend(statuses)

    def answer(self, request: Received, wire: Wire) -> None:
        self.gate.wait()
        status = self._statuses.popleft() if self._statuses else 202
        if status < 300:
            with self._accepted:
                self.events.extend(request.json["events"])
                self._accepted.notify_all()
        headers = {"location": "/moved"} if 300 <= status < 400 else {}
        wire.send(status, b"{}", headers)

    def wait_for_events(self, count: int, timeout_seconds: float = PATIENCE_SECONDS) -> list[dict[str, Any]]:
        """The accepted events, once there are `count` of them."""
        with self._accepted:
            if not self._accepted.wait_for(lambda: len(self.events) >= count, timeout_seconds):
                raise AssertionError(f"{len(self.events)} of {count} events came in {timeout_seconds} s")
            return list(self.events)
