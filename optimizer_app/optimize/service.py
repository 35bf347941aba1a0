"""The door into the optimizer for the gateway and the pages.

Small prompts are optimized on the event loop, and so are next turns of conversations that bring little to
what this process holds of them, and other questions on what it has read. All else goes to the pool's process,
so that a cold prompt of 60k tokens never delays a small one; what the process read of it comes back for the
next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import structlog

from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.inline import (
    INLINE_BYTES,
    INLINE_TURN_BYTES,
    OptimizationRequest,
    Optimized,
    Remembered,
    run_inline,
    untouched,
)
from optimizer_app.optimize.pool import OptimizerPool, optimizer_pool, worker_pool
from optimizer_app.optimize.process import OptimizerStopped
from optimizer_app.optimize.retrieval import with_documents
from token_optimizer.errors import NotShort, PromptError
from token_optimizer.models import WhyNot

__all__ = [
    "INLINE_BYTES",
    "INLINE_MS",
    "OptimizationRequest",
    "Optimized",
    "OptimizerPool",
    "optimize_for_project",
    "optimize_request",
    "optimizer_pool",
    "run_inline",
    "untouched",
    "worker_pool",
]

log = structlog.get_logger(__name__)

# What the costly stages of a small prompt may take of the event loop's time, whatever its config allows.
INLINE_MS = 100


async def optimize_for_project(
    request: OptimizationRequest, project_id: UUID, pool: OptimizerPool | None
) -> Optimized:
    """The optimized request, with what the project's documents say. Raises PromptError alone."""
    return await optimize_request(await with_documents(request, project_id), pool)


async def optimize_request(request: OptimizationRequest, pool: OptimizerPool | None) -> Optimized:
    """The optimized request; the original one where the optimizer breaks. Raises PromptError alone.

    Without a pool there is no event loop to keep free.
    """
    try:
        if pool is None:
            return run_inline(request, None)
        if request.size_bytes <= INLINE_BYTES:
            later = request.remembers_later
            return run_inline(request, pool.conversations, limit_ms=INLINE_MS, tells_later=later)
        result = await _next_turn_or_pooled(request, pool)
    except PromptError:
        raise
    except OptimizerStopped as error:
        failure, why_not = str(error), WhyNot.OVER_TIME if error.over_time else WhyNot.FAILED
    except Exception as error:
        # The type alone: a message could quote the prompt.
        failure, why_not = type(error).__name__, WhyNot.FAILED
    else:
        if not request.remembers_later:
            await result.remembered()
        return result
    log.error("optimizer_failed", trace_id=str(request.trace_id), error=failure)
    # In a thread, since it counts the tokens of a prompt that may be large.
    return await asyncio.to_thread(untouched, request, why_not, failure)


async def _next_turn_or_pooled(request: OptimizationRequest, pool: OptimizerPool) -> Optimized:
    """The large prompt optimized here where it is a short next turn, else in the pool's process."""
    conversations = pool.conversations
    may_be_short = request.size_bytes <= INLINE_TURN_BYTES and not request.documents
    if conversations is None or not request.secret or not may_be_short:
        return await pool.run(request)
    try:
        return run_inline(request, conversations, limit_ms=INLINE_MS, max_new_bytes=INLINE_BYTES)
    except NotShort as error:
        keys = error.keys
    result = await pool.run(replace(request, turn_key=keys[-1] if keys else ""))
    # What was held may be sent otherwise by now.
    conversations.take_over(keys, None)
    if result.remembering is not None:
        result.remembering.add_done_callback(partial(_take_over, conversations, keys))
    return result


def _take_over(
    conversations: Conversations, keys: Sequence[str], remembering: asyncio.Future[Remembered]
) -> None:
    """Hold for the next turn what the process has read, unless it ended before it could say so."""
    if not remembering.cancelled() and remembering.exception() is None:
        conversations.take_over(keys, remembering.result().held)
