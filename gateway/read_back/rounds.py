"""The rounds of one request: an answer's calls read from the original, and the provider is asked to go on.

Only calls that stand alone are answered at once. Beside calls of the client's own they are taken out of the
answer, and what they read is put into the next turn, when the client comes with the results of its own.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
import structlog

from gateway.recording import Recording
from gateway.requests.body import json_object
from gateway.upstream.connections import Answer
from optimizer_app.optimize.service import Optimized
from optimizer_app.traces.record import ReadBackRecord
from token_optimizer.dialects.bodies import conversation_of
from token_optimizer.models import Dialect, ReadBack, ReadReport, SentRead
from token_optimizer.optimizer.reading_back.answers import (
    LAST_ROUND_NOTE,
    MAX_ROUNDS,
    ReadBackCall,
    calls_of,
    continued,
    has_other_calls,
)
from token_optimizer.optimizer.reading_back.earlier import remember_reads, sent_read
from token_optimizer.optimizer.reading_back.originals import reader_of
from token_optimizer.ports import Memory

log = structlog.get_logger(__name__)

_HANDLE = re.compile(r"#?([0-9]{6})")
# How an answer has ended that a provider takes back and goes on from.
_ENDED_WITH_CALLS: Mapping[Dialect, frozenset[str | None]] = {
    "openai": frozenset({"tool_calls", "stop"}),
    "anthropic": frozenset({"tool_use"}),
    "responses": frozenset({"completed", None}),
}


Ask = Callable[[bytes], AbstractAsyncContextManager[Answer]]


class Reading:
    """Reads what was left out of one request, and remembers it for the next turns of the conversation."""

    def __init__(
        self, result: Optimized, original: Mapping[str, Any], dialect: Dialect, memory: Memory | None
    ) -> None:
        self.dialect: Dialect = dialect
        self.stats = result.stats
        self._result = result
        self._original = original
        self._memory = memory
        self._reader = reader_of(result, original, dialect)
        self._sent: list[SentRead] = []

    def read(self, calls: Sequence[ReadBackCall]) -> dict[str, ReadBack]:
        """What each call gets, by its id. It may take as long as an optimization."""
        return {call.id: self._reader.read(call.what) for call in calls}

    def remember(self, answer: Mapping[str, Any], reads: Mapping[str, ReadBack], *, beside: bool) -> None:
        """Keep an answer with calls, and what they got."""
        at = len(conversation_of(self._original, self.dialect))
        self._sent.append(sent_read(answer, self.dialect, at, reads, beside=beside))
        remember_reads(self._memory, self._result, self._sent)


class Rounds:
    """The rounds of one request. `ask` sends a body where the first one went, under the same headers."""

    def __init__(
        self, reading: Reading, sent: bytes, ask: Ask, recording: Recording, within_seconds: float
    ) -> None:
        self.ask = ask
        self._reading = reading
        self._dialect = reading.dialect
        self._sent = sent
        self._recording = recording
        self._within_seconds = within_seconds
        self._deadline: float | None = None
        self._round = 0

    async def next_body(self, answer: Mapping[str, Any]) -> bytes | None:
        """The request with the results of an answer's calls; None where the answer goes out without them."""
        calls = calls_of(answer, self._dialect)
        if not calls or not _can_go_on(answer, self._dialect) or self._round == MAX_ROUNDS:
            return None
        self._round += 1
        beside = has_other_calls(answer, self._dialect)
        reads = await self._read(calls)
        if reads is None:
            return None
        if self._round == MAX_ROUNDS and not beside:
            reads = {call_id: read.followed_by(LAST_ROUND_NOTE) for call_id, read in reads.items()}
        self._record(calls, reads, beside=beside)
        await asyncio.to_thread(self._reading.remember, answer, reads, beside=beside)
        body = None if beside else json_object(self._sent)
        if body is None:
            return None
        texts = {call_id: read.text for call_id, read in reads.items()}
        self._sent = orjson.dumps(continued(body, answer, self._dialect, texts))
        return self._sent

    async def _read(self, calls: Sequence[ReadBackCall]) -> dict[str, ReadBack] | None:
        """What each call gets; None where there is no time left."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._within_seconds
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                return await asyncio.to_thread(self._reading.read, calls)
        except TimeoutError:
            log.warning("read_back_out_of_time", trace_id=str(self._recording.trace_id), round=self._round)
            return None

    def _record(self, calls: Sequence[ReadBackCall], reads: Mapping[str, ReadBack], *, beside: bool) -> None:
        stats = self._reading.stats
        for call in calls:
            read = reads[call.id]
            stats.note_read(ReadReport(call.what, read.found, read.stage, read.tokens))
        self._recording.note_stats(stats)
        self._recording.note_read_backs(
            [_as_record(self._round, call.what, reads[call.id], beside=beside) for call in calls]
        )


def _as_record(number: int, what: str, read: ReadBack, *, beside: bool) -> ReadBackRecord:
    """The trace of one call. Words that the model asked with could quote the prompt, so they stay out."""
    found = _HANDLE.fullmatch(what.strip())
    handle = found[1] if found else ""
    return ReadBackRecord(number, handle, read.found, read.block, read.stage, read.tokens, beside)


def _can_go_on(answer: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether an answer is whole, and the provider waits for the results of its calls."""
    if dialect == "openai":
        ending = answer["choices"][0].get("finish_reason")
    else:
        ending = answer.get("stop_reason" if dialect == "anthropic" else "status")
    return ending in _ENDED_WITH_CALLS[dialect]
