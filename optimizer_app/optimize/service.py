"""The door into the optimizer for the gateway and the pages: where a prompt is worked on, and what holds
when that breaks.

Small prompts are optimized on the text_part. Large ones go to one niced process beside each worker, so that a
cold 60k-token prompt never delays a small one.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

import structlog

from optimizer_app.optimize.conversations import Conversations
from optimizer_app.precompression.lookups import KeptCompressions, Looks
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect, OptimizationResult, OptimizationStats, StageReport
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.latency import Latency
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.retrieval.found import FoundAhead
from token_optimizer.optimizer.stages import compress as compress_stage
from token_optimizer.tokens.counts import count_body, count_texts, is_estimate
from token_optimizer.tokens.tokenizers import use_tokenizers_of_environment

log = structlog.get_logger(__name__)

# Some 6,000 tokens: about 10 ms on the event loop.
INLINE_BYTES = 24_000
# What the costly stages of a small prompt may take of the event loop's time, whatever its config allows.
INLINE_MS = 100
_NICENESS = 5
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class OptimizationRequest:
    """One prompt to optimize. `size_bytes` decides where: inline or in the pool.

    `secret` is that under which the project's conversations are remembered; without one, as for a prompt
    that is not going to be sent, nothing is remembered, and nothing looked for that was compressed ahead.
    `retriever` has what stored documents say.
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
    retriever: FoundAhead | None = field(default=None, repr=False)
    project_id: uuid.UUID | None = None


@dataclass(slots=True)
class Optimized(OptimizationResult):
    """A result of the library's, and what was looked for among the compressions made ahead."""

    looks: Looks = field(default_factory=Looks)


class OptimizerPool:
    """The process for large prompts, and the conversations that this worker remembers for small ones.

    The process is started ahead, and replaced when it dies.
    """

    def __init__(self, redis_url: str = "", database: str = "") -> None:
        self._redis_url = redis_url
        self._database = database
        self._executor: ProcessPoolExecutor | None = None
        self.conversations = Conversations(redis_url) if redis_url else None

    async def warm(self) -> None:
        """Start the process now, so that the first large prompt does not wait for its imports."""
        await asyncio.get_running_loop().run_in_executor(self._ready(), load_tables)

    async def run(self, request: OptimizationRequest) -> Optimized:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._ready(), _run_in_process, request)
        except BrokenProcessPool:
            self.close()
            raise

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def _ready(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # spawn: a fork would take the event loop's sockets and the database connections along.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(
                1, mp_context=context, initializer=_start_process, initargs=(self._redis_url, self._database)
            )
        return self._executor


@asynccontextmanager
async def optimizer_pool(redis_url: str = "", database: str = "") -> AsyncIterator[OptimizerPool]:
    """The pool for the life of a worker, which is ready for small prompts at once.

    Conversations are remembered, and shared with other workers, where `redis_url` names a server. What was
    compressed ahead is looked for where `database` says how to reach PostgreSQL.
    """
    await asyncio.to_thread(load_tables)
    await asyncio.to_thread(use_tokenizers_of_environment)
    pool = OptimizerPool(redis_url, database)
    warming = asyncio.create_task(pool.warm())
    try:
        yield pool
    finally:
        warming.cancel()
        pool.close()
        if pool.conversations is not None:
            await asyncio.to_thread(pool.conversations.close)


async def optimize_request(request: OptimizationRequest, pool: OptimizerPool) -> Optimized:
    """The optimized request; the original one where the optimizer breaks. Raises PromptError alone."""
    try:
        if request.size_bytes <= INLINE_BYTES:
            return run_inline(request, pool.conversations, limit_ms=INLINE_MS)
        return await pool.run(request)
    except PromptError:
        raise
    except Exception as error:
        # The type alone: a message could quote the prompt.
        name = type(error).__name__
        log.error("optimizer_failed", trace_id=str(request.trace_id), error=name)
        return untouched(request, failure=name)


def load_tables() -> None:
    """Read the ranks of the newest encoding, the price list and the vectors of words now: the first request
    that needs them would take half a second for each."""
    count_texts(["warm"], "gpt-4o")
    cache_prices("gpt-4o", "openai")
    compress_stage.load()


def run_inline(
    request: OptimizationRequest,
    conversations: Conversations | None,
    limit_ms: float = inf,
    kept: KeptCompressions | None = None,
) -> Optimized:
    """Optimize in this process, within `limit_ms` where the config allows more.

    On the event loop `kept` must be None: a look waits for the database.
    """
    ahead = None
    if kept is not None and request.project_id is not None and request.secret:
        ahead = kept.of(request.project_id, request.secret)
    looking_ms = 0.0 if request.retriever is None else request.retriever.found.ms
    result = optimize_body(
        request.body,
        request.dialect,
        config=request.config,
        model=request.model,
        documents=request.documents,
        query=request.query,
        budget_tokens=request.budget_tokens,
        trace_id=request.trace_id,
        memory=conversations.of(request.secret) if conversations is not None and request.secret else None,
        secret=request.secret,
        ahead=ahead,
        latency=Latency(min(limit_ms, request.config.max_latency_ms - looking_ms)),
        retriever=request.retriever,
    )
    result.stats.latency_ms += looking_ms
    looks = Looks() if ahead is None else ahead.looks
    return Optimized(result.body, result.stats, result.changed, result.wanted_ahead, looks)


def untouched(request: OptimizationRequest, failure: str = "") -> Optimized:
    """The request as it came, counted: for off mode, and where the optimizer failed."""
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
    )
    return Optimized(dict(request.body), stats, changed=False)


_process_conversations: Conversations | None = None
_process_kept: KeptCompressions | None = None


def _run_in_process(request: OptimizationRequest) -> Optimized:
    return run_inline(request, _process_conversations, kept=_process_kept)


def _start_process(redis_url: str, database: str) -> None:
    """Give way to the workers that serve, leave signals to them, and die with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):
        # Not Linux: the process ends when its queue closes.
        log.debug("no_parent_death_signal")
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:
        # The worker died while this process was starting.
        os._exit(1)
    use_tokenizers_of_environment()
    global _process_conversations, _process_kept
    if redis_url:
        _process_conversations = Conversations(redis_url)
    if database:
        _process_kept = KeptCompressions(database)
