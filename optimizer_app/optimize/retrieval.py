"""What the project's documents say to a question, looked up before the prompt is optimized.

The question alone is embedded, by the machine's embedding process; without it the search goes by words. All
of it takes at most half of the config's `max_latency_ms`: a request goes on without rather than late, and
its trace says why.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from uuid import UUID

import structlog
from django.db import Error as DatabaseError

from optimizer_app.embeddings.client import EmbeddingsUnavailable, aembed_question
from optimizer_app.optimize.inline import INLINE_BYTES, OptimizationRequest
from optimizer_app.retrieval.search import has_blocks, passages_of
from optimizer_app.retrieval.threads import searching
from token_optimizer.errors import PromptError
from token_optimizer.optimizer.retrieval.lookup import may_look_up, question_for_store, top_k_of
from token_optimizer.ports import RetrievalResult

log = structlog.get_logger(__name__)

_LATENCY_SHARE = 0.5


async def with_documents(request: OptimizationRequest, project_id: UUID) -> OptimizationRequest:
    """The request with what the project's documents have for it; as it is where nothing is looked for."""
    question = await _question(request)
    if question is None:
        return request
    started = time.perf_counter()
    within = _LATENCY_SHARE * request.config.max_latency_ms / 1000
    try:
        async with asyncio.timeout(within):
            found = await _found(question, project_id, top_k_of(request.config), within)
    except TimeoutError:
        found = RetrievalResult(
            status="skipped", reason=f"the documents were not searched within {within:g} s"
        )
    except DatabaseError as error:
        log.warning("retrieval_failed", trace_id=str(request.trace_id), error=type(error).__name__)
        found = RetrievalResult(status="failed", reason=f"the database: {type(error).__name__}")
    except Exception as error:
        # The request matters more. The type alone: a message could quote the question.
        log.error("retrieval_failed", trace_id=str(request.trace_id), error=type(error).__name__)
        found = RetrievalResult(status="failed", reason=type(error).__name__)
    if found is None:
        return request
    spent = (time.perf_counter() - started) * 1000
    return replace(request, found=replace(found, ms=spent))


async def _question(request: OptimizationRequest) -> str | None:
    """What to look for; a large prompt is read on a thread."""
    arguments = (request.body, request.dialect, request.config, request.query)
    try:
        if not may_look_up(*arguments[:3]):
            return None
        if request.size_bytes <= INLINE_BYTES:
            return question_for_store(*arguments)
        return await asyncio.to_thread(question_for_store, *arguments)
    except PromptError:
        return None  # the optimizer says what is wrong with it


async def _found(
    question: str, project_id: UUID, top_k: int, within_seconds: float
) -> RetrievalResult | None:
    """What is found; None where the project has nothing stored."""
    if not await searching(lambda: has_blocks(project_id, within_seconds)):
        return None
    missing = ""
    try:
        vector, model = await aembed_question(question, within_seconds / 2)
    except EmbeddingsUnavailable as error:
        vector, model, missing = None, "", f"by words alone: {error}"
    passages = await searching(
        lambda: passages_of(project_id, question, vector, model, top_k, within_seconds)
    )
    return RetrievalResult(passages, reason=missing)
