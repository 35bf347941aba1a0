"""TelemetryEmitter against a receiver on a real socket, up, down, hanging and refusing."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers.events_receiver import EventsReceiver
from token_optimizer.telemetry import emitter as emitting
from token_optimizer.telemetry.emitter import TelemetryEmitter

pytestmark = pytest.mark.long
NEVER_SECONDS = 3600


def emitter_for(receiver: EventsReceiver, **options: Any) -> TelemetryEmitter:
    return TelemetryEmitter(receiver.events_url, "tok_mine", **{"flush_interval": NEVER_SECONDS, **options})


def numbers(events: list[dict[str, Any]]) -> list[int]:
    return [event["number"] for event in events]


def emit(emitter: TelemetryEmitter, *sent: int) -> None:
    for number in sent:
        emitter.emit({"number": number})


@pytest.fixture
def one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint counts as down after its first failure, and is asked again at once."""
    monkeypatch.setattr(emitting, "MAX_ATTEMPTS", 1)
    monkeypatch.setattr(emitting, "LONGEST_PAUSE_SECONDS", 0.01)


def test_it_works(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=3)
    emit(emitter, 1, 2, 3)
    receiver.wait_for_events(3)
    request = receiver.requests[0]
    assert request.json == {"api_key": "tok_mine", "events": [{"number": 1}, {"number": 2}, {"number": 3}]}
    assert request.headers["content-type"] == "application/json"
    assert request.path == "/api/v1/events"


def test_a_batch_that_never_fills_goes_out_after_the_interval(receiver: EventsReceiver) -> None:
    emit(emitter_for(receiver, flush_interval=0.01), 1)
    assert numbers(receiver.wait_for_events(1)) == [1]


def test_flush_sends_what_waits_in_order_and_in_batches(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=2)
    receiver.gate.clear()
    emit(emitter, 1, 2, 3, 4, 5)
    receiver.gate.set()
    assert emitter.flush()
    assert numbers(receiver.events) == [1, 2, 3, 4, 5]
    assert [len(request.json["events"]) for request in receiver.requests] == [2, 2, 1]


def test_flush_gives_up_after_its_time(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver)
    receiver.gate.clear()
    emit(emitter, 1)
    assert not emitter.flush(timeout=0.05)
    receiver.gate.set()
    assert emitter.flush()


def test_flush_without_events_returns_at_once(receiver: EventsReceiver) -> None:
    assert emitter_for(receiver).flush(timeout=0)


def test_a_flush_of_nothing_leaves_the_next_batch_alone(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=2)
    emitter.flush(timeout=0)
    emit(emitter, 1, 2)
    receiver.wait_for_events(2)
    assert len(receiver.requests) == 1


def test_no_thread_before_the_first_event(receiver: EventsReceiver) -> None:
    before = threading.active_count()
    emitter_for(receiver)
    assert threading.active_count() == before


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_failure_that_may_pass_is_tried_again(receiver: EventsReceiver, status: int) -> None:
    emitter = emitter_for(receiver)
    receiver.script(status, status)
    emit(emitter, 1)
    assert emitter.flush()
    assert numbers(receiver.events) == [1]
    assert len(receiver.requests) == 3
    assert emitter.dropped == 0


@pytest.mark.parametrize("status", [400, 401, 404, 413, 302])
def test_a_refusal_is_not_tried_again(
    receiver: EventsReceiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = emitter_for(receiver)
    receiver.script(status)
    emit(emitter, 1)
    assert emitter.flush()
    assert len(receiver.requests) == 1
    assert emitter.dropped == 1
    assert f"status {status}" in caplog.text
    assert "tok_mine" not in caplog.text


def test_the_same_events_are_sent_once_the_server_is_back(unused_port: int) -> None:
    emitter = TelemetryEmitter(f"http://127.0.0.1:{unused_port}/api/v1/events", "tok", batch_size=1)
    emit(emitter, 1, 2)
    with EventsReceiver(unused_port) as receiver:
        assert numbers(receiver.wait_for_events(2)) == [1, 2]
    assert emitter.dropped == 0


def test_a_full_queue_loses_the_oldest_and_says_so_once(
    receiver: EventsReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = emitter_for(receiver, batch_size=1, max_queued=3)
    receiver.gate.clear()
    emit(emitter, 0)
    receiver.wait_for(1)  # 0 is on its way, so the queue is empty
    with caplog.at_level(logging.WARNING):
        emit(emitter, 1, 2, 3, 4, 5)
    receiver.gate.set()
    assert emitter.flush()
    assert numbers(receiver.events) == [0, 3, 4, 5]
    assert emitter.dropped == 2
    assert caplog.text.count("the queue is full") == 1


def test_emit_does_not_wait_for_the_network(receiver: EventsReceiver) -> None:
    """Were the lock held while posting, the second emit would never return: the receiver is gated."""
    emitter = emitter_for(receiver, batch_size=1)
    receiver.gate.clear()
    emit(emitter, 1)
    receiver.wait_for(1)
    emit(emitter, 2)
    assert receiver.events == []
    receiver.gate.set()
    assert emitter.flush()


def test_an_event_is_sent_as_it_was_when_emitted(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver)
    event = {"number": 1}
    emitter.emit(event)
    event["number"] = 2
    emitter.flush()
    assert numbers(receiver.events) == [1]


def test_shutdown_flushes_and_takes_no_more(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver)
    emit(emitter, 1)
    assert emitter.shutdown() == 0
    emit(emitter, 2)
    assert numbers(receiver.events) == [1]
    assert emitter.dropped == 1


def test_what_is_no_json_is_counted_and_raises_nothing(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver)
    emitter.emit({"number": object()})
    emit(emitter, 1)
    assert emitter.flush()
    assert numbers(receiver.events) == [1]
    assert emitter.dropped == 1


def test_a_refused_event_takes_no_other_with_it(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=4)
    receiver.script(400, 202, 413, 422)  # all; the first two; the last two; the third
    emit(emitter, 1, 2, 3, 4)
    assert emitter.flush()
    assert numbers(receiver.events) == [1, 2, 4]
    assert emitter.dropped == 1


def test_events_that_come_faster_than_they_go_are_sent_in_larger_batches(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=1, max_queued=1000)
    receiver.gate.clear()
    emit(emitter, *range(202))
    receiver.gate.set()
    assert emitter.flush()
    assert numbers(receiver.events) == list(range(202))
    assert len(receiver.requests[1].json["events"]) == 100


def test_many_threads_lose_nothing(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=7)
    threads = [
        threading.Thread(target=emit, args=(emitter, *range(base, base + 100))) for base in range(0, 500, 100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert emitter.flush()
    assert sorted(numbers(receiver.events)) == list(range(500))


def test_every_attempt_at_a_batch_has_the_same_idempotency_key(receiver: EventsReceiver) -> None:
    emitter = emitter_for(receiver, batch_size=1)
    receiver.script(503)
    emit(emitter, 1, 2)
    assert emitter.flush()
    first, again, second = (request.headers["idempotency-key"] for request in receiver.requests)
    assert first == again != second


def test_nothing_is_lost_or_out_of_order_where_three_posts_of_ten_fail(
    receiver: EventsReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emitting, "LONGEST_PAUSE_SECONDS", 0.01)
    draw = Random(7)
    receiver.script(*(503 if draw.random() < 0.3 else 202 for _ in range(1000)))
    emitter = emitter_for(receiver, batch_size=2)
    emit(emitter, *range(1000))
    assert emitter.flush(PATIENCE_SECONDS)
    assert numbers(receiver.events) == list(range(1000))
    assert emitter.dropped == 0


@pytest.mark.usefixtures("one_attempt")
def test_what_an_endpoint_that_is_down_did_not_take_waits_in_a_file_and_goes_first(
    unused_port: int, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{unused_port}/api/v1/events"
    emitter = TelemetryEmitter(url, "tok_mine", batch_size=1, spill_dir=tmp_path)
    for number in (1, 2, 3):
        emitter.emit({"number": number, "api_key": "tok_mine"})
    assert not emitter.flush(PATIENCE_SECONDS)
    assert emitter.undelivered == 3
    [kept] = tmp_path.iterdir()
    assert b"tok_mine" not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    with EventsReceiver(unused_port) as receiver:
        emit(emitter, 4)
        assert numbers(receiver.wait_for_events(4)) == [1, 2, 3, 4]
        assert receiver.events[0]["api_key"] == "tok_mine"
        assert emitter.shutdown() == 0
    assert emitter.dropped == 0


@pytest.mark.usefixtures("one_attempt")
def test_what_waits_in_the_file_goes_without_a_new_event(unused_port: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{unused_port}/api/v1/events"
    emitter = TelemetryEmitter(url, "tok", batch_size=1, spill_dir=tmp_path)
    emit(emitter, 1)
    assert not emitter.flush(PATIENCE_SECONDS)
    with EventsReceiver(unused_port) as receiver:
        assert numbers(receiver.wait_for_events(1)) == [1]


def test_shutdown_says_what_is_left_and_the_next_emitter_sends_it(
    receiver: EventsReceiver, tmp_path: Path
) -> None:
    receiver.gate.clear()
    first = emitter_for(receiver, batch_size=1, spill_dir=tmp_path)
    emit(first, 1, 2, 3)
    receiver.wait_for(1)
    assert first.shutdown(timeout=0) == 3
    assert first.dropped == 0
    del first
    receiver.gate.set()
    run_python(SPILLED, receiver.events_url, str(tmp_path))
    # The first was on its way when the time was over: it may arrive twice, and is told by its id.
    assert list(dict.fromkeys(numbers(receiver.wait_for_events(4)))) == [1, 2, 3, 4]


def test_what_fails_at_the_end_is_tried_again_while_there_is_time(receiver: EventsReceiver) -> None:
    receiver.script(503, 503)
    emitter = emitter_for(receiver)
    emit(emitter, 1)
    assert emitter.shutdown(PATIENCE_SECONDS) == 0
    assert numbers(receiver.events) == [1]


def test_the_end_waits_for_no_endpoint_where_nobody_listens(unused_port: int) -> None:
    emitter = TelemetryEmitter(f"http://127.0.0.1:{unused_port}/", "tok")
    emit(emitter, 1)
    assert emitter.shutdown(PATIENCE_SECONDS) == 1


def test_without_a_file_shutdown_counts_what_is_left_as_lost(receiver: EventsReceiver) -> None:
    receiver.gate.clear()
    emitter = emitter_for(receiver, batch_size=1)
    emit(emitter, 1, 2)
    receiver.wait_for(1)
    assert emitter.shutdown(timeout=0) == 2
    assert emitter.dropped == 2
    receiver.gate.set()


@pytest.mark.usefixtures("one_attempt")
def test_a_refused_event_in_the_file_does_not_hold_up_those_behind_it(
    unused_port: int, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{unused_port}/api/v1/events"
    emitter = TelemetryEmitter(url, "tok", batch_size=1, spill_dir=tmp_path)
    emit(emitter, 1)
    assert not emitter.flush(PATIENCE_SECONDS)
    with EventsReceiver(unused_port) as receiver:
        receiver.script(400)
        emit(emitter, 2)
        assert numbers(receiver.wait_for_events(1)) == [2]
    assert emitter.dropped == 1


def test_what_is_in_the_file_is_json_a_line(unused_port: int, tmp_path: Path) -> None:
    emitter = TelemetryEmitter(f"http://127.0.0.1:{unused_port}/", "tok", spill_dir=tmp_path)
    emit(emitter, 1, 2)
    assert emitter.shutdown(timeout=0) == 2
    [kept] = tmp_path.iterdir()
    assert [orjson.loads(line) for line in kept.read_bytes().splitlines()] == [{"number": 1}, {"number": 2}]


SPILLED = """
import sys
from pathlib import Path
from token_optimizer.telemetry.emitter import TelemetryEmitter
emitter = TelemetryEmitter(sys.argv[1], "tok_mine", batch_size=1, spill_dir=Path(sys.argv[2]))
emitter.emit({"number": 4})
sys.exit(emitter.shutdown(timeout=60))
"""

FORKING = """
import os, sys
from token_optimizer.telemetry.emitter import TelemetryEmitter
emitter = TelemetryEmitter(sys.argv[1], "tok", flush_interval=3600)
emitter.emit({"number": 1})
child = os.fork()
if child == 0:
    emitter.emit({"number": 2})
    os._exit(0 if emitter.flush() else 1)
sys.exit(os.waitpid(child, 0)[1])
"""

EXITING = """
import sys
from token_optimizer.telemetry.emitter import TelemetryEmitter
emitter = TelemetryEmitter(sys.argv[1], "tok", flush_interval=3600)
for number in range(int(sys.argv[2])):
    emitter.emit({"number": number})
"""


EXITING_WITH_ONE_THAT_HANGS = """
import sys
from token_optimizer.telemetry.emitter import TelemetryEmitter
emitters = [TelemetryEmitter(url, "tok", flush_interval=3600) for url in sys.argv[1:]]
for emitter in emitters:
    emitter.emit({"number": 1})
"""


def run_python(program: str, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], timeout=PATIENCE_SECONDS, check=False
    ).returncode


FORKING_BY_MULTIPROCESSING = """
import multiprocessing, sys
from token_optimizer.telemetry.emitter import TelemetryEmitter

def emit(number, *emitters):
    for emitter in emitters or [TelemetryEmitter(sys.argv[1], "tok", flush_interval=3600)]:
        emitter.emit({"number": number})

emitter = TelemetryEmitter(sys.argv[1], "tok", flush_interval=3600)
fork = multiprocessing.get_context("fork")
for arguments in ((1, emitter), (2,)):
    child = fork.Process(target=emit, args=arguments)
    child.start()
    child.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_of_multiprocessing_sends_what_waits_at_its_end(receiver: EventsReceiver) -> None:
    assert run_python(FORKING_BY_MULTIPROCESSING, receiver.events_url) == 0
    assert numbers(receiver.events) == [1, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_sends_its_own_events_only(receiver: EventsReceiver) -> None:
    assert run_python(FORKING, receiver.events_url) == 0
    assert sorted(numbers(receiver.events)) == [1, 2]


def test_what_waits_is_sent_at_the_end_of_the_process(receiver: EventsReceiver) -> None:
    assert run_python(EXITING, receiver.events_url, "25") == 0
    assert numbers(receiver.events) == list(range(25))


def test_the_end_of_the_process_does_not_wait_for_a_server_that_hangs(receiver: EventsReceiver) -> None:
    """The receiver answers nothing, so waiting for all 20 batches would run into the time limit."""
    receiver.gate.clear()
    assert run_python(EXITING, receiver.events_url, "200") == 0
    assert receiver.events == []


def test_an_emitter_that_hangs_takes_no_time_from_another(receiver: EventsReceiver) -> None:
    with EventsReceiver() as hanging, EventsReceiver() as also_hanging:
        hanging.gate.clear()
        also_hanging.gate.clear()
        urls = (hanging.events_url, receiver.events_url, also_hanging.events_url)
        assert run_python(EXITING_WITH_ONE_THAT_HANGS, *urls) == 0
        assert numbers(receiver.events) == [1]
        hanging.gate.set()
        also_hanging.gate.set()
