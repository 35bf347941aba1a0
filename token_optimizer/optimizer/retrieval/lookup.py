"""Asks a retriever for passages of stored documents that answer the newest question."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import StageSkipped
from token_optimizer.models import Dialect
from token_optimizer.optimizer.formats.newest_question import ends_with_user, newest_question
from token_optimizer.ports import RetrievalResult, Retriever

log = logging.getLogger(__name__)

_USUAL_TOP_K = 30
# The end of a long question says what it is about.
_MAX_QUESTION_CHARS = 2_000


def question_for_store(
    body: Mapping[str, Any], dialect: Dialect, config: OptimizerConfig, query: str | None = None
) -> str | None:
    """What to look for in the store: the query, or the newest user text without its bulk. None where
    retrieval is off or the conversation does not end with a question."""
    if not may_look_up(body, dialect, config):
        return None
    question = newest_question(body, dialect)
    if question is None:
        return None
    return (question if query is None else query).strip()[-_MAX_QUESTION_CHARS:] or None


def may_look_up(body: Mapping[str, Any], dialect: Dialect, config: OptimizerConfig) -> bool:
    """Whether the config wants it, and the user speaks last: told fast, however large the prompt is."""
    is_on = config.enable_semantic_retrieval and top_k_of(config) >= 1
    return is_on and ends_with_user(body, dialect)


def top_k_of(config: OptimizerConfig) -> int:
    """How many passages to look for at most."""
    return config.vector_topk_per_type.get("doc", _USUAL_TOP_K)


def look_up(
    retriever: Retriever | None,
    body: Mapping[str, Any],
    dialect: Dialect,
    config: OptimizerConfig,
    query: str | None,
) -> RetrievalResult | None:
    """What the retriever finds for the request; None where it is not asked. A retriever that breaks is
    reported, and the request goes on without."""
    question = question_for_store(body, dialect, config, query) if retriever is not None else None
    if retriever is None or question is None:
        return None
    started = perf_counter()
    try:
        found = retriever.passages(question, top_k_of(config))
    except StageSkipped as error:
        found = RetrievalResult(status="skipped", reason=str(error))
    except Exception as error:
        # The type alone: a message could quote the question.
        log.warning("retrieval failed: %s", type(error).__name__)
        found = RetrievalResult(status="failed", reason=type(error).__name__)
    return replace(found, ms=found.ms + (perf_counter() - started) * 1000)
