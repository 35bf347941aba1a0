"""The rounds of one request: an answer's calls are read in a thread, and the provider is asked to go on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
import structlog

from gateway.recording import Recording
from gateway.requests.bodies.body import json_object
from gateway.upstream.connections import Answer
from optimizer_app.optimize.service import Optimized
from optimizer_app.traces.record import ReadBackRecord
from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.answers import calls_of
from token_optimizer.optimizer.reading_back.rounds import CallRead, Rounds
from token_optimizer.ports import Memory

log = structlog.get_logger(__name__)

_HANDLE = re.compile(r"#?([0-9]{6})")
Ask = Callable[[bytes], AbstractAsyncContextManager[Answer]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What it takes to read what was left out of one request. What is read is kept in the `memory`."""

    result: Optimized
    original: Mapping[str, Any]
    dialect: Dialect
    memory: Memory | None
    max_seconds: float


class RecordedRounds:
    """The rounds of one request, each with its trace. `ask` sends a body where the first one went, under the
    same headers."""

    def __init__(self, reading: Reading, sent: bytes, ask: Ask, recording: Recording) -> None:
        self.ask = ask
        self._reading = reading
        self._sent = sent
        self._recording = recording
        self._recorded = 0

    @cached_property
    def _rounds(self) -> Rounds:
        # Most answers have no call: only then is the body read again.
        reading, sent = self._reading, json_object(self._sent) or {}
        return Rounds(
            reading.result, reading.original, sent, reading.dialect, reading.memory, reading.max_seconds
        )

    async def next_body(self, answer: Mapping[str, Any]) -> bytes | None:
        """The request with the results of an answer's calls; None where the answer goes out without them."""
        if not calls_of(answer, self._reading.dialect):
            return None
        try:
            async with asyncio.timeout(self._rounds.seconds_left):
                body = await asyncio.to_thread(self._rounds.next_body, answer)
        except TimeoutError:
            log.warning("read_back_out_of_time", trace_id=str(self._recording.trace_id))
            return None
        self._record()
        return None if body is None else orjson.dumps(body)

    def _record(self) -> None:
        self._recording.note_stats(self._reading.result.stats)
        self._recording.note_read_backs([_as_record(one) for one in self._rounds.reads[self._recorded :]])
        self._recorded = len(self._rounds.reads)


def _as_record(one: CallRead) -> ReadBackRecord:
    """The trace of one call. Words that the model asked with could quote the prompt, so they stay out."""
    found, read = _HANDLE.fullmatch(one.what.strip()), one.read
    handle = found[1] if found else ""
    return ReadBackRecord(one.round, handle, read.found, read.block, read.stage, read.tokens, one.beside)
