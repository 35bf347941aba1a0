"""One prompt through the library's pipeline, in this process."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from typing import Any

import structlog

from optimizer_app.optimize.conversations import Conversations
from optimizer_app.precompression.lookups import Lookups, PrecompressionReader
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import (
    Dialect,
    OptimizationResult,
    OptimizationStats,
    PromptSegment,
    StageReport,
    WhyNot,
)
from token_optimizer.optimizer.conversation.parsed_prefix import PARSED_PREFIXES, ParsedPrefix
from token_optimizer.optimizer.pipeline import STRICT_VARIABLE, optimize_body
from token_optimizer.ports import NO_FACTS, ModelFacts, Ports, RetrievalResult
from token_optimizer.runtime.latency import Latency
from token_optimizer.tokens.counts import count_body, is_estimate

log = structlog.get_logger(__name__)

# Some 6,000 tokens: about 10 ms on the event loop.
INLINE_BYTES = 24_000
# Of a next turn with little that is new: some 60,000 tokens, which take about 5 ms then.
INLINE_TURN_BYTES = 240_000
# Of a prompt that this process has read but for its newest message: some 12,000 tokens, for as long as small
# ones that are new.
INLINE_BRANCH_BYTES = 48_000
FIRST_TURN_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class OptimizationRequest:
    """One prompt to optimize. `size_bytes` decides where: inline or in the pool.

    `secret` is the one under which the project's conversations are remembered. Without it, as for a prompt
    that is not going to be sent, nothing is remembered, and no precompressed text is looked for. `found` has
    the passages of stored documents. `answers_read_back`: the sender answers the calls of `read_back`.
    `with_texts`: the result is to hold the text of every block.
    `facts` are those that somebody set of the model. `remembers_later`: the sender sends the prompt on before
    it is remembered. `turn_key`: what is held under it for the next turn is to come after the result.
    """

    body: Mapping[str, Any]
    dialect: Dialect
    config: OptimizerConfig
    model: str
    trace_id: uuid.UUID
    size_bytes: int
    budget_tokens: int | None = None
    documents: Sequence[Mapping[str, Any]] | None = None
    query: str | None = None
    secret: str = field(default="", repr=False)
    found: RetrievalResult | None = field(default=None, repr=False)
    project_id: uuid.UUID | None = None
    answers_read_back: bool = False
    with_texts: bool = False
    facts: ModelFacts = NO_FACTS
    remembers_later: bool = False
    turn_key: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the pool's process says once it has remembered what is sent: the segments, and what the next turn
    starts from, where that was asked for."""

    segments: Sequence[PromptSegment] = ()
    held: ParsedPrefix | None = field(default=None, repr=False)


NOT_REMEMBERED = Remembered()


@dataclass(slots=True)
class Optimized(OptimizationResult):
    """A result of the library, and its lookups of precompressed texts. `remembering`: what is sent is still
    being remembered by the pool's process."""

    lookups: Lookups = field(default_factory=Lookups)
    remembering: asyncio.Future[Remembered] | None = field(default=None, repr=False, compare=False)

    def remember_sent(self) -> None:
        """Remember what is sent for the next turn, and tell the segments, where that was left for later. It
        never fails: the prompt is on its way."""
        remember, self.remember = self.remember, None
        if remember is None:
            return
        try:
            remember()
        except Exception as error:
            self._tell_not_remembered(error)

    def is_remembered_by(self, remembering: asyncio.Future[Remembered]) -> None:
        """Tell the segments as soon as the process has done so."""
        self.remembering = remembering
        remembering.add_done_callback(self._note_remembered)

    async def remembered(self) -> None:
        """Return once what is sent is remembered, as far as it can be."""
        if self.remembering is not None:
            await asyncio.wait([self.remembering])
        self.remember_sent()

    def _note_remembered(self, remembering: asyncio.Future[Remembered]) -> None:
        self.remembering = None
        if remembering.cancelled():
            return
        error = remembering.exception()
        if error is None:
            self.stats.segments = remembering.result().segments
        else:
            self._tell_not_remembered(error)

    def _tell_not_remembered(self, error: BaseException) -> None:
        if os.environ.get(STRICT_VARIABLE):
            raise error
        # The type alone: a message could quote the prompt.
        name = type(error).__name__
        log.error("conversation_not_remembered", trace_id=self.stats.trace_id, error=name)


def run_inline(
    request: OptimizationRequest,
    conversations: Conversations | None,
    limit_ms: float = inf,
    reader: PrecompressionReader | None = None,
    max_new_bytes: int | None = None,
    *,
    tells_later: bool = False,
) -> Optimized:
    """Optimize in this process, within `limit_ms` where the config allows more. NotShort unless it is the
    next turn of a conversation with at most `max_new_bytes` that are new. `tells_later`: what is said of a
    prompt that goes as it came is told once it is remembered.

    On the event loop `reader` must be None: a lookup waits for the database.
    """
    precompressions = None
    if reader is not None and request.project_id is not None and request.secret:
        precompressions = reader.for_project(request.project_id, request.secret)
    search_ms = 0.0 if request.found is None else request.found.ms
    result = optimize_body(
        request.body,
        request.dialect,
        config=request.config,
        documents=request.documents,
        query=request.query,
        budget_tokens=request.budget_tokens,
        ports=Ports(
            memory=conversations.of(request.secret) if conversations is not None and request.secret else None,
            secret=request.secret,
            found=request.found,
            precompressions=precompressions,
            latency=Latency(min(limit_ms, request.config.max_latency_ms - search_ms)),
            trace_id=str(request.trace_id),
            answers_read_back=request.answers_read_back,
            with_texts=request.with_texts,
            with_segments=bool(request.secret),
            facts=request.facts,
            remembers_later=request.remembers_later,
            tells_later=tells_later,
            max_new_bytes=max_new_bytes,
            may_branch=request.size_bytes <= INLINE_BRANCH_BYTES,
        ),
    )
    result.stats.latency_ms += search_ms
    lookups = Lookups() if precompressions is None else precompressions.lookups
    made = {item.name: getattr(result, item.name) for item in fields(result)}
    return Optimized(**made, lookups=lookups)


def remembered(request: OptimizationRequest, result: Optimized) -> Remembered:
    """Remember what is sent, and say what the sender is to know of that."""
    result.remember_sent()
    return Remembered(result.stats.segments, _held(request, result))


def _held(request: OptimizationRequest, result: Optimized) -> ParsedPrefix | None:
    """What the next turn starts from, where that was asked for. Of a large prompt only if it is a next turn
    itself: most others never have one."""
    is_next_turn = result.stats.conversation != str(request.trace_id)
    if not request.turn_key or not (is_next_turn or request.size_bytes <= FIRST_TURN_BYTES):
        return None
    return PARSED_PREFIXES.get(request.turn_key)


def untouched(request: OptimizationRequest, why_not: WhyNot, failure: str = "") -> Optimized:
    """The request as it came, with its tokens counted: for off mode, and where the optimizer failed."""
    try:
        tokens = count_body(request.body, request.dialect, request.model)
    except Exception as error:
        tokens, failure = 0, failure or type(error).__name__
    stats = OptimizationStats(
        trace_id=str(request.trace_id),
        tokens_before=tokens,
        tokens_after=tokens,
        route="bypass",
        fallback_used=bool(failure),
        fallback_reason=failure and f"the optimizer failed: {failure}",
        stages=[StageReport("optimizer", "failed", 0.0, 0, failure)] if failure else [],
        estimated=is_estimate(request.model),
        why_not=why_not,
    )
    return Optimized(dict(request.body), stats, changed=False)
