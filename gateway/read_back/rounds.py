"""The rounds of one request: an answer's calls read from the original, and the provider is asked to go on.

Only calls that stand alone are answered at once. Beside calls of the client's own they are taken out of the
answer, and what they read is put into the next turn, when the client comes with the results of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import orjson
import structlog

from gateway.recording import Recording
from gateway.requests.body import json_object
from gateway.upstream.connections import Answer
from optimizer_app.traces.record import ReadBackRecord
from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.answers import (
    LAST_ROUND_NOTE,
    MAX_ROUNDS,
    ReadBackCall,
    calls_of,
    continued,
    has_other_calls,
)

log = structlog.get_logger(__name__)

# How an answer has ended that a provider takes back and goes on from.
_ENDED_WITH_CALLS: Mapping[Dialect, frozenset[str | None]] = {
    "openai": frozenset({"tool_calls", "stop"}),
    "anthropic": frozenset({"tool_use"}),
    "responses": frozenset({"completed", None}),
}


class ReadBack(Protocol):
    """What one call has read: `stage` is the rule that had cut it from `block`; the text has `tokens`."""

    @property
    def text(self) -> str: ...

    @property
    def found(self) -> bool: ...

    @property
    def block(self) -> str: ...

    @property
    def stage(self) -> str: ...

    @property
    def tokens(self) -> int: ...


class Reader(Protocol):
    """Reads what was left out of one request."""

    def read(self, what: str) -> ReadBack: ...


Ask = Callable[[bytes], AbstractAsyncContextManager[Answer]]


class Rounds:
    """The rounds of one request. `ask` sends a body where the first one went, under the same headers."""

    def __init__(
        self,
        reader: Reader,
        dialect: Dialect,
        sent: bytes,
        ask: Ask,
        recording: Recording,
        within_seconds: float,
    ) -> None:
        self.ask = ask
        self._reader = reader
        self._dialect = dialect
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
        results = await self._results(calls, beside=beside)
        if results is None:
            return None
        body = None if beside else json_object(self._sent)
        if body is None:
            return None
        self._sent = orjson.dumps(continued(body, answer, self._dialect, results))
        return self._sent

    async def _results(self, calls: Sequence[ReadBackCall], *, beside: bool) -> dict[str, str] | None:
        """The text for each call, by its id; None where there is no time left."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._within_seconds
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                found = await asyncio.to_thread(lambda: [self._reader.read(call.what) for call in calls])
        except TimeoutError:
            log.warning("read_back_out_of_time", trace_id=str(self._recording.trace_id), round=self._round)
            return None
        self._recording.note_read_backs(
            [self._record(call, read, beside=beside) for call, read in zip(calls, found, strict=True)]
        )
        note = LAST_ROUND_NOTE if self._round == MAX_ROUNDS and not beside else ""
        return {call.id: read.text + note for call, read in zip(calls, found, strict=True)}

    def _record(self, call: ReadBackCall, read: ReadBack, *, beside: bool) -> ReadBackRecord:
        """The trace of one call. Words that the model asked with could quote the prompt, so they stay out."""
        what = call.what.strip().lstrip("#")
        handle = what if what.isascii() and what.isdecimal() and len(what) <= 12 else ""
        return ReadBackRecord(self._round, handle, read.found, read.block, read.stage, read.tokens, beside)


def _can_go_on(answer: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether an answer is whole, and the provider waits for the results of its calls."""
    if dialect == "openai":
        ending = answer["choices"][0].get("finish_reason")
    else:
        ending = answer.get("stop_reason" if dialect == "anthropic" else "status")
    return ending in _ENDED_WITH_CALLS[dialect]
