"""The rounds of one request: an answer's calls are read from the original, and the provider is asked again.

Only calls that stand alone are answered at once. Beside calls of the client's own they are taken out of the
answer, and what they read is put into the next turn, when the client comes with the results of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from token_optimizer.dialects.bodies import conversation_of
from token_optimizer.models import Dialect, OptimizationResult, ReadBack, ReadReport, SentRead
from token_optimizer.optimizer.reading_back.answers import (
    LAST_ROUND_NOTE,
    MAX_ROUNDS,
    calls_of,
    continued,
    has_other_calls,
    is_complete,
)
from token_optimizer.optimizer.reading_back.earlier import remember_reads, sent_read
from token_optimizer.optimizer.reading_back.originals import reader_of
from token_optimizer.ports import Memory

MAX_SECONDS = 120.0


class CallRead(NamedTuple):
    """What one call asked for and got: in which `round`, counted from 1, and whether it came `beside` calls
    of the client's own."""

    what: str
    read: ReadBack
    round: int
    beside: bool


class Rounds:
    """The rounds of a request whose body came as `original`, and was sent as `sent`. What is read is noted in
    the result's stats and in `reads`, and remembered."""

    def __init__(
        self,
        result: OptimizationResult,
        original: Mapping[str, Any],
        sent: Mapping[str, Any],
        dialect: Dialect,
        memory: Memory | None,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self._result = result
        self._dialect: Dialect = dialect
        self._memory = memory
        self._sent = sent
        self._reader = reader_of(result, original, dialect)
        self._messages = len(conversation_of(original, dialect))
        self._sent_reads: list[SentRead] = []
        self.reads: list[CallRead] = []
        self._max_seconds = max_seconds
        self._deadline: float | None = None

    @property
    def seconds_left(self) -> float:
        """What further rounds may take; all of it before the first."""
        return self._max_seconds if self._deadline is None else self._deadline - time.monotonic()

    def next_body(self, answer: Mapping[str, Any]) -> dict[str, Any] | None:
        """The request with the results of an answer's calls; None where the answer goes to the client."""
        calls = calls_of(answer, self._dialect)
        if not calls or not is_complete(answer, self._dialect) or len(self._sent_reads) == MAX_ROUNDS:
            return None
        if self._deadline is None:
            self._deadline = time.monotonic() + self._max_seconds
        if self.seconds_left <= 0:
            return None
        beside = has_other_calls(answer, self._dialect)
        reads = {call.id: self._reader.read(call.what) for call in calls}
        for call in calls:
            read = reads[call.id]
            self._result.stats.note_read(ReadReport(call.what, read.found, read.stage, read.tokens))
            self.reads.append(CallRead(call.what, read, len(self._sent_reads) + 1, beside))
        if len(self._sent_reads) == MAX_ROUNDS - 1 and not beside:
            reads = {call_id: read.followed_by(LAST_ROUND_NOTE) for call_id, read in reads.items()}
        self._sent_reads.append(sent_read(answer, self._dialect, self._messages, reads, beside=beside))
        remember_reads(self._memory, self._result, self._sent_reads)
        if beside:
            return None
        results = {call_id: read.text for call_id, read in reads.items()}
        self._sent = continued(self._sent, answer, self._dialect, results)
        return dict(self._sent)
