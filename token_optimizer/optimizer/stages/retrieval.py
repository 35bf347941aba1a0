"""Puts passages of stored documents before the question that they answer.

The passages were looked up before the stages run. What the request holds already is left out, the rest is
chosen by maximal marginal relevance within a share of the budget. From there on the passages compete with
the request's own documents and old turns. The conversation memory keeps what was added, so it stays in its
place on later turns.

Before: "When do I get my money back?", and a store with the handbook
After:  [added, from the stored document "Handbook / Refunds":]
        Refunds are paid back within five working days.

        When do I get my money back?
"""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.models import Block, BlockType, Kind, Origin, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, with_blocks
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import stored_marker
from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.names import names
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.optimizer.retrieval.stats import STAGE_NAME, is_retrieved
from token_optimizer.ports import RetrievedPassage

_ID_PREFIX = "retrieved-"
# Without a hard budget the share is one of the guide's default budget.
_USUAL_BUDGET_TOKENS = 8_000
# A passage less like the question than this (a cosine), or than this share of the likest one, is about
# something else, unless it holds a name that is asked for. The share holds for words, too.
_MIN_SIMILARITY = 0.2
_MIN_SHARE = 0.5
# The line that names the source is known as a title while it is no longer than 120.
_MAX_SOURCE_CHARS = 80


def add_retrieved(prompt: Prompt, context: Context) -> Prompt:
    """Put what was found into the newest user message, before the question."""
    found = context.found
    place = _question_at(prompt) if found is not None and found.passages else None
    if found is None or place is None:
        return prompt
    passages = _without_known(_fitting(found.passages, prompt.query or ""), prompt)
    blocks = _within(_varied(passages, context.config.mmr_lambda), prompt.blocks[place], prompt, context)
    return with_blocks(prompt, [*prompt.blocks[:place], *blocks, *prompt.blocks[place:]])


def _question_at(prompt: Prompt) -> int | None:
    """Where the newest user message's own text begins, if it is new: an old one has its passages already."""
    first = len(prompt.prefix.sent)
    return next((at for at, block in enumerate(prompt.rest, first) if _is_question(block)), None)


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
    counts = context.count([text.text for text in texts])
    for passage, text, tokens in zip(passages, texts, counts, strict=True):
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


def _text(passage: RetrievedPassage) -> MarkedText:
    source = _spaced(passage.source)[:_MAX_SOURCE_CHARS] or passage.id
    return joined([stored_marker(source), f"\n{passage.content.strip()}\n\n"])


def _block(passage: RetrievedPassage, text: MarkedText, tokens: int, question: Block) -> Block:
    why = f" ({passage.why})" if passage.why else ""
    return question.but(
        id=_ID_PREFIX + passage.id,
        content=text.text,
        markers=text.markers,
        type=BlockType.DOC,
        kind=Kind.DOCUMENT,
        verbatim=False,
        must_keep=False,
        tokens=tokens,
        note=f"{_spaced(passage.source) or passage.id}, score {passage.score:.3f}{why}",
        original_content=None,
        origin=Origin.RETRIEVED,
    )


STAGE = Stage(STAGE_NAME, add_retrieved, "from the stored documents")
