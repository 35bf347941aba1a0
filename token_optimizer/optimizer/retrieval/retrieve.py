"""Puts passages of stored documents before the question that they answer.

Before: "When do I get my money back?", and a store with the handbook
After:  [added, from the stored document "Handbook / Refunds":]
        Refunds are paid back within five working days.

        When do I get my money back?

What may be found is looked up before the stages run; the stage leaves out what the request holds already,
chooses by maximal marginal relevance, and keeps to a share of the budget. From there on the passages compete
with the request's own documents and old turns. The conversation memory keeps what was added, so it stays in
its place on later turns.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import StageSkipped
from token_optimizer.models import (
    Block,
    BlockFate,
    BlockType,
    Dialect,
    Kind,
    OptimizationStats,
    Prompt,
    StageReport,
)
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.formats.reading import newest_question
from token_optimizer.optimizer.relevance.bm25 import bm25, names, stems
from token_optimizer.optimizer.retrieval.found import Found, RetrievedPassage, Retriever

log = logging.getLogger(__name__)

STAGE_NAME = "retrieval"
_ID_PREFIX = "retrieved-"
# Without a hard budget the share is one of the guide's default budget.
_USUAL_BUDGET_TOKENS = 8_000
_USUAL_TOP_K = 30
# A passage less like the question than this (a cosine), or than this share of the likest one, is about
# something else, unless it holds a name that is asked for. The share holds for words, too.
_MIN_SIMILARITY = 0.2
_MIN_SHARE = 0.5
# Who asks at length says at the end what it is about.
_LONGEST_QUESTION_CHARS = 2_000
# The line that names the source is known as a title while it is no longer than 120.
_LONGEST_SOURCE_CHARS = 80
# Stages that cut because the hard budget is exceeded.
_CHOOSING_STAGES = frozenset({"passages", "oldest"})


def question_for_store(
    body: Mapping[str, Any], dialect: Dialect, config: OptimizerConfig, query: str | None = None
) -> str | None:
    """What to look for in the store: the query, or the newest user text without its bulk. None where
    retrieval is off or the conversation does not end with a question."""
    if not config.enable_semantic_retrieval or top_k_of(config) < 1:
        return None
    question = newest_question(body, dialect)
    if question is None:
        return None
    return (question if query is None else query).strip()[-_LONGEST_QUESTION_CHARS:] or None


def top_k_of(config: OptimizerConfig) -> int:
    """How many passages to look for at most."""
    return config.vector_topk_per_type.get("doc", _USUAL_TOP_K)


def look_up(
    retriever: Retriever | None,
    body: Mapping[str, Any],
    dialect: Dialect,
    config: OptimizerConfig,
    query: str | None,
) -> Found | None:
    """What the retriever finds for the request; None where it is not asked. A retriever that breaks is
    reported, and the request goes on without."""
    question = question_for_store(body, dialect, config, query) if retriever is not None else None
    if retriever is None or question is None:
        return None
    started = perf_counter()
    try:
        found = retriever.passages(question, top_k_of(config))
    except StageSkipped as error:
        found = Found(status="skipped", reason=str(error))
    except Exception as error:
        # The type alone: a message could quote the question.
        log.warning("retrieval failed: %s", type(error).__name__)
        found = Found(status="failed", reason=type(error).__name__)
    return replace(found, ms=found.ms + (perf_counter() - started) * 1000)


def add_retrieved(prompt: Prompt, context: Context) -> Prompt:
    """Put what was found into the newest user message, before the question."""
    found = context.found
    place = _question_at(prompt) if found is not None and found.passages else None
    if found is None or place is None:
        return prompt
    passages = _without_known(_fitting(found.passages, prompt.query or ""), prompt)
    blocks = _within(_varied(passages, context.config.mmr_lambda), prompt.blocks[place], prompt, context)
    return replace(prompt, blocks=(*prompt.blocks[:place], *blocks, *prompt.blocks[place:]))


def is_retrieved(block: Block | BlockFate) -> bool:
    """Whether the text of the block came from the store, on this turn or on an earlier one."""
    return block.id.startswith(_ID_PREFIX)


def retrieved_and_replaced(fates: Iterable[BlockFate]) -> tuple[int, int]:
    """Tokens of what was sent that came from the store, and tokens of the request's own documents and old
    turns that were left out in favour of what this request brought in."""
    sent = new = cut = 0
    for fate in fates:
        if is_retrieved(fate):
            sent += fate.tokens_after
            new += 0 if fate.frozen else fate.tokens_after
        elif fate.stage in _CHOOSING_STAGES and not fate.frozen and fate.fate != "added":
            cut += fate.tokens_before - fate.tokens_after
    # What is cut beyond that would not have fitted either.
    return sent, min(new, cut)


def tell(stats: OptimizationStats, found: Found | None) -> None:
    """Write into the stats what came of the retrieval."""
    stats.tokens_retrieved, stats.tokens_replaced = retrieved_and_replaced(stats.blocks)
    if stats.tokens_retrieved and "+semantic" not in stats.route:
        stats.route = "heuristic+semantic" + ("+compression" if "+compression" in stats.route else "")
    stats.stages = [
        _report(report, found) if report.name == STAGE_NAME else report
        for report in stats.stages
        if report.name != STAGE_NAME or found is not None
    ]


def _report(report: StageReport, found: Found | None) -> StageReport:
    if found is None or report.status != "ran":
        return report
    ms = report.ms + found.ms
    return StageReport(report.name, found.status, ms, report.tokens_cut, found.reason)


def _question_at(prompt: Prompt) -> int | None:
    """Where the newest user message's own text begins, if it is new: an old one has its passages already."""
    return next((at for at, block in enumerate(prompt.blocks) if _is_question(block)), None)


def _is_question(block: Block) -> bool:
    asked = block.type is BlockType.USER and block.verbatim and block.must_keep and not block.tool_result
    return asked and block.kind is Kind.PROSE and block.slot is not None and not block.frozen


def _fitting(passages: Sequence[RetrievedPassage], query: str) -> list[RetrievedPassage]:
    """The passages that are about the question."""
    likeness = [passage.similarity for passage in passages]
    least = max(_MIN_SIMILARITY, _MIN_SHARE * max((each or 0.0 for each in likeness), default=0.0))
    by_words = bm25(query, stems([passage.content for passage in passages])) if None in likeness else []
    asked = set(names(query))

    def fits(at: int) -> bool:
        alike = likeness[at]
        near = by_words[at] >= _MIN_SHARE if alike is None else alike >= least
        return near or not asked.isdisjoint(names(passages[at].content))

    return [passage for at, passage in enumerate(passages) if fits(at)]


def _without_known(passages: Sequence[RetrievedPassage], prompt: Prompt) -> list[RetrievedPassage]:
    """The passages whose text the request does not have, each text once."""
    if not passages:
        return []
    ids = {block.id for block in prompt.blocks}
    said = _spaced("\n".join(block.content for block in prompt.blocks))
    new: dict[str, RetrievedPassage] = {}
    for passage in passages:
        text = _spaced(passage.content)
        if text and text not in said and _ID_PREFIX + passage.id not in ids:
            new.setdefault(text, passage)
    return list(new.values())


def _spaced(text: str) -> str:
    """The text with all space alike."""
    return " ".join(text.split())


def _varied(passages: list[RetrievedPassage], mmr_lambda: float) -> list[RetrievedPassage]:
    """The passages by maximal marginal relevance; as they come where their vectors are not known."""
    if any(passage.vector is None for passage in passages) or not passages:
        return passages
    # Whoever has vectors has numpy.
    import numpy as np

    from token_optimizer.optimizer.relevance.mmr import chosen_by_mmr, unit_rows

    best = max(passage.score for passage in passages) or 1.0
    relevance = np.array([passage.score / best for passage in passages], dtype=np.float32)
    rows = unit_rows([passage.vector for passage in passages])
    return [passages[at] for at in chosen_by_mmr(rows, relevance, mmr_lambda, len(passages))]


def _within(
    passages: Sequence[RetrievedPassage], question: Block, prompt: Prompt, context: Context
) -> list[Block]:
    """A block for each passage, as far as there is room."""
    texts = [_text(passage) for passage in passages]
    room = _room_tokens(prompt, context)
    blocks = []
    for passage, text, tokens in zip(passages, texts, context.count(texts), strict=True):
        if tokens <= room:
            room -= tokens
            blocks.append(_block(passage, text, tokens, question))
    return blocks


def _room_tokens(prompt: Prompt, context: Context) -> int:
    """The share of the budget that is for stored documents; the less of it for each later question, the more
    the conversation has gathered."""
    share = context.config.per_type_budget_fraction.get("doc", 1.0)
    room = share * (_USUAL_BUDGET_TOKENS if context.budget_tokens is None else context.budget_tokens)
    gathered = sum(block.tokens for block in prompt.blocks if is_retrieved(block))
    return int(room * room / (room + gathered)) if room else 0


def _text(passage: RetrievedPassage) -> str:
    source = _spaced(passage.source)[:_LONGEST_SOURCE_CHARS] or passage.id
    return f'[added, from the stored document "{source}":]\n{passage.content.strip()}\n\n'


def _block(passage: RetrievedPassage, text: str, tokens: int, question: Block) -> Block:
    why = f" ({passage.why})" if passage.why else ""
    return question.but(
        id=_ID_PREFIX + passage.id,
        content=text,
        type=BlockType.DOC,
        kind=Kind.DOCUMENT,
        verbatim=False,
        must_keep=False,
        tokens=tokens,
        note=f"{_spaced(passage.source) or passage.id}, score {passage.score:.3f}{why}",
        original_content=None,
    )
