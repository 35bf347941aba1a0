"""The library's emitter while posts fail: what arrives, in which order, and what an event costs its caller.

    python -m benchmarks.faults.emitter [--events 30000] [--per-second 1000] [--failing 0.3]

Posts fail in three ways: refused with a 503, cut off before the answer, or stored with the answer cut off, so
that they come twice. What is left at the end waits in a file for a second emitter, as for a later process.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.servers.events_receiver import EventsReceiver
from tests.servers.local_server import Received, Wire
from token_optimizer.telemetry.emitter import TelemetryEmitter
from token_optimizer.telemetry.events import EventType, create_event, request_summary

_THREADS = 4
_SHUTDOWN_SECONDS = 60.0
# A flush ends where it finds the endpoint down.
_FLUSHES = 20


class FailingReceiver(EventsReceiver):
    """Fails with a share of the posts, drawn by a seed."""

    def __init__(self, failing: float) -> None:
        super().__init__()
        self._failing = failing
        self._draw = Random(11)

    def answer(self, request: Received, wire: Wire) -> None:
        if self._draw.random() >= self._failing:
            super().answer(request, wire)
            return
        way = self._draw.choice(("refused", "cut off", "stored"))
        if way == "refused":
            wire.send(503, b"{}")
            return
        if way == "stored":
            self.events.extend(request.json["events"])
        wire.hang_up()


@dataclass(slots=True)
class Emission:
    """How long each `emit` took, in µs."""

    microseconds: list[float] = field(default_factory=list)

    def emit(self, emitter: TelemetryEmitter, thread: int, count: int, per_second: float) -> None:
        started = time.perf_counter()
        summary = request_summary("openai", "gpt-4o", 12)
        for number in range(count):
            event = create_event(EventType.OPTIMIZATION_STARTED, f"{thread}-{number}", "tok", request=summary)
            before = time.perf_counter()
            emitter.emit(event)
            now = time.perf_counter()
            self.microseconds.append((now - before) * 1e6)
            time.sleep(max(0.0, started + (number + 1) / per_second - now))

    def percentile(self, share: float) -> float:
        return sorted(self.microseconds)[int(share * (len(self.microseconds) - 1))]


def measure(count: int, per_second: float, failing: float) -> None:
    emission = Emission()
    with FailingReceiver(failing) as receiver, tempfile.TemporaryDirectory() as folder:
        emitter = TelemetryEmitter(receiver.events_url, "tok", spill_dir=Path(folder))
        each, rate = count // _THREADS, per_second / _THREADS
        threads = [
            threading.Thread(target=emission.emit, args=(emitter, number, each, rate))
            for number in range(_THREADS)
        ]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        left = emitter.shutdown(_SHUTDOWN_SECONDS)
        seconds = time.perf_counter() - started
        at_end = _arrived(receiver)
        later = TelemetryEmitter(receiver.events_url, "tok", spill_dir=Path(folder), batch_size=1)
        later.emit(create_event(EventType.CACHE_HIT, "later", "tok"))
        for _ in range(_FLUSHES):
            if later.flush(_SHUTDOWN_SECONDS):
                break
        later.shutdown(_SHUTDOWN_SECONDS)
        _report(receiver, count, at_end, left, seconds, emitter.dropped + later.dropped, emission)


def _arrived(receiver: EventsReceiver) -> int:
    return len({event["event_id"] for event in receiver.events if event["trace_id"] != "later"})


def _report(
    receiver: EventsReceiver,
    count: int,
    at_end: int,
    left: int,
    seconds: float,
    dropped: int,
    emission: Emission,
) -> None:
    arrived = _arrived(receiver)
    print(f"{count:,} events in {seconds:.1f} s, {len(receiver.requests):,} posts")
    print(f"arrived at the end of the process: {at_end / count:.4%}, {left:,} left")
    print(f"arrived after the next one: {arrived / count:.4%}, {dropped:,} dropped")
    print(f"came twice: {len(receiver.events) - 1 - arrived:,}; out of order: {_out_of_order(receiver):,}")
    print(f"emit: {emission.percentile(0.5):.0f} µs median, {emission.percentile(0.99):.0f} µs P99")


def _out_of_order(receiver: EventsReceiver) -> int:
    """Events that came, for the first time, behind a later one of their thread."""
    newest = dict.fromkeys(range(_THREADS), -1)
    seen: set[str] = set()
    wrong = 0
    for event in receiver.events:
        if event["event_id"] in seen or event["trace_id"] == "later":
            continue
        seen.add(event["event_id"])
        thread, number = map(int, event["trace_id"].split("-"))
        wrong += number < newest[thread]
        newest[thread] = max(newest[thread], number)
    return wrong


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--per-second", type=float, default=1_000)
    parser.add_argument("--failing", type=float, default=0.3)
    options = parser.parse_args(arguments)
    measure(options.events, options.per_second, options.failing)


if __name__ == "__main__":
    main()
