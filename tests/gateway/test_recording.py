"""What is left to do of a request waits until what was passed on to its client is on its way."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest
import uvloop

from gateway.callers.auth import Caller
from gateway.callers.configs import NamedConfig
from gateway.dialects.chat import CHAT
from gateway.draining import Drain, Drains
from gateway.recording import Arrival, Recording
from gateway.requests.client import Client
from gateway.response import pass_stream
from gateway.upstream.connections import WholeAnswer
from optimizer_app.gathered_writes import GatheredWrites
from optimizer_app.optimize.service import Optimized
from optimizer_app.traces.record import TraceRecord
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import OptimizationStats


class KeptRecords:
    """A journal in memory."""

    def __init__(self) -> None:
        self.records: list[TraceRecord] = []

    def append(self, record: TraceRecord) -> None:
        self.records.append(record)


def _recording(journal: KeptRecords) -> Recording:
    named = NamedConfig("", None, OptimizerConfig.preset("balanced"))
    return Recording(journal, Arrival("openai"), Caller(uuid.uuid4(), uuid.uuid4(), named, {}, ()))


def _result(remember: Callable[[], None]) -> Optimized:
    stats = OptimizationStats(str(uuid.uuid4()), 10, 10)

    def told() -> None:
        stats.route = "cache"
        remember()

    return Optimized({}, stats, changed=False, remember=told)


async def _received_before_the_end() -> list[bytes]:
    """What a client has of an answer's pieces when that is remembered which was asked."""
    theirs, ours = socket.socketpair()
    theirs.setblocking(False)
    ours.setblocking(False)
    received: list[bytes] = []
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    recording = _recording(KeptRecords())
    recording.note_optimized(_result(lambda: received.append(theirs.recv(100))))
    GatheredWrites(transport).write(b"a piece")
    await recording.end("ok", 200)
    transport.close()
    theirs.close()
    return received


def _run_by_uvloop(main: Coroutine[Any, Any, list[bytes]]) -> list[bytes]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


@pytest.mark.parametrize("run", [asyncio.run, _run_by_uvloop], ids=["asyncio", "uvloop"])
def test_what_was_passed_on_goes_out_first(run: Callable[[Any], list[bytes]]) -> None:
    assert run(_received_before_the_end()) == [b"a piece"]


async def test_what_comes_with_the_end_of_a_stream_is_passed_on_before_it_is_recorded() -> None:
    """The closing event alone waits for the trace."""
    journal = KeptRecords()
    sent: list[tuple[bytes, int]] = []

    async def send(message: Mapping[str, Any]) -> None:
        if body := message.get("body"):
            sent.append((body, len(journal.records)))

    async def receive() -> dict[str, Any]:
        raise AssertionError

    client = Client({"method": "POST", "path": "/", "headers": []}, receive, send)
    said = b'data: {"choices": [{"index": 0, "delta": {"content": "Yes."}}]}\n\n'
    answer = WholeAnswer(200, [("content-type", "text/event-stream")], said + b"data: [DONE]\n\n")
    tap = CHAT.tap(strip_usage=False)
    await pass_stream(client, _recording(journal), CHAT, answer, tap, Drain(Drains(), 0, 0))
    assert sent == [(said, 0), (b"data: [DONE]\n\n", 1)]


async def test_all_that_is_said_of_the_prompt_is_in_the_trace() -> None:
    journal = KeptRecords()
    recording = _recording(journal)
    recording.note_optimized(_result(lambda: None))
    assert dict(recording.headers)["x-optimizer-route"] == "heuristic_only"
    await recording.end("ok", 200)
    assert [record.route for record in journal.records] == ["cache"]


def test_what_was_left_is_done_where_a_request_is_broken_off() -> None:
    journal = KeptRecords()
    recording = _recording(journal)
    recording.note_optimized(_result(lambda: None))
    recording.end_now("interrupted")
    assert [record.route for record in journal.records] == ["cache"]


async def test_an_answer_that_holds_the_statistics_has_all_of_them() -> None:
    recording = _recording(KeptRecords())
    result = _result(lambda: None)
    recording.note_optimized(result)
    recording.complete_stats()
    assert result.stats.route == "cache"
    assert dict(recording.headers)["x-optimizer-route"] == "cache"
