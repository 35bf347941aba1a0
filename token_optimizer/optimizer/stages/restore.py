"""Brings back what was cut from the frozen part of a conversation, when a later question asks for it.

The frozen text itself stays, so that the provider's cache holds. The passages asked for are put before the
newest question, marked with where they came from. The client sends the whole original on every turn, so
nothing has to be kept for this.

Before: a frozen log, cut to its errors; the question "When did tick 137 finish?"
After:  "[left out of message 3 (tool) before, asked for now:]" and the line of tick 137, before the question
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, with_blocks
from token_optimizer.optimizer.conversation.omissions import (
    AskedFor,
    Term,
    asked_for,
    left_out,
    terms_of,
)
from token_optimizer.optimizer.embedded.question.follow_ups import goes_on
from token_optimizer.optimizer.markers import place_name
from token_optimizer.optimizer.restored_blocks import restored_block, with_source
from token_optimizer.optimizer.selection.cutters import cut_to_budget

# Tokens that restored passages may cost together; within a hard budget so much of the turn's own room, or of
# what the whole conversation has left, up to so many tokens: later turns need room, too.
MAX_TOKENS = 800
_ROOM_SHARE = 0.9
_ROOM_SHARE_BESIDE_BULK = 0.5
_ENTITLED_TOKENS = 400
# So many times what holds a term may come along with it.
_AROUND = 4
_MARK_TOKENS = 16


def restore_asked(prompt: Prompt, context: Context) -> Prompt:
    """Put what the newest question asks for, of all that was left out before, in blocks before it."""
    place = _question_at(prompt)
    terms = terms_of(_asked_now(prompt, place)) if place is not None else []
    if place is None or not terms or context.original is None:
        return prompt
    asked = asked_for(left_out(prompt, context.original), terms)
    if not asked:
        return prompt
    question = prompt.blocks[place]
    passages = _passages(asked, terms, prompt, context)
    if not passages:
        return prompt.but(lacks_room=True)
    restored = [restored_block(passage, question, number) for number, passage in enumerate(passages)]
    return with_blocks(prompt, [*prompt.blocks[:place], *restored, *prompt.blocks[place:]])


def _asked_now(prompt: Prompt, place: int) -> str:
    """What the newest question asks itself: one before it that it goes on from has its passages already."""
    query, newest = prompt.query or "", prompt.blocks[place].content.strip()
    return newest if newest and query.endswith(f"\n{newest}") and goes_on(newest) else query


def _question_at(prompt: Prompt) -> int | None:
    """Where the newest user message begins, if it is new: an old one has its passages already."""
    first = len(prompt.prefix.sent)
    if not first and not any(block.frozen for block in prompt.blocks):
        return None
    return next((at for at, block in enumerate(prompt.rest, first) if _is_question(block)), None)


def _is_question(block: Block) -> bool:
    of_user = block.verbatim and block.slot is not None and block.turn >= 0
    return of_user and block.kind is Kind.PROSE and not block.frozen


def _passages(
    asked: Sequence[AskedFor], terms: Sequence[Term], prompt: Prompt, context: Context
) -> list[Block]:
    """What there is room for of the blocks, each as a block with its mark."""
    room = _room(prompt, context)
    hit_tokens = sum(context.count(["\n".join(item.asked) for item in asked]))
    own = min(room - _MARK_TOKENS * len(asked), _AROUND * hit_tokens)
    if own <= 0:
        return []
    # What is restored is an excerpt already: its markers name nothing that could be read by itself.
    excerpt = replace(context, budget_tokens=own, show_handles=False)
    fitted = cut_to_budget(_alone(asked, prompt, context), excerpt)
    roles = {item.block.id: prompt.slots[item.block.slot or 0].role for item in asked}
    holding = [block for block in fitted.blocks if _holds_one(block.content, terms)]
    marked = [with_source(block, place_name(block.message, roles[block.id])) for block in holding]
    return list(_within(room, marked, context.count([block.content for block in marked])))


def _room(prompt: Prompt, context: Context) -> int:
    if context.budget_tokens is None or context.hard_tokens is None:
        return MAX_TOKENS
    bulk = sum(block.tokens for block in prompt.open_blocks if _is_bulk(block))
    fixed = prompt.tokens - bulk
    if bulk:
        return min(MAX_TOKENS, int(_ROOM_SHARE_BESIDE_BULK * (context.budget_tokens - fixed)))
    of_all = min(_ENTITLED_TOKENS, _ROOM_SHARE * (context.hard_tokens - fixed))
    return min(MAX_TOKENS, int(max(_ROOM_SHARE * (context.budget_tokens - fixed), of_all)))


def _is_bulk(block: Block) -> bool:
    return not (block.must_keep or block.verbatim) and (block.tool_result or block.kind is not Kind.PROSE)


def _alone(asked: Sequence[AskedFor], prompt: Prompt, context: Context) -> Prompt:
    """The missing lines as a prompt of open blocks, without messages around them."""
    texts = ["\n".join(item.lines) for item in asked]
    blocks = [
        item.block.but(
            content=text,
            tokens=tokens,
            markers=(),
            original_content=None,
            must_keep=False,
            verbatim=False,
            frozen=False,
            turn=-1,
            slot=number,
        )
        for number, (item, text, tokens) in enumerate(zip(asked, texts, context.count(texts), strict=True))
    ]
    body: dict[str, Any] = {conversation_key(prompt.dialect): []}
    return prompt.but(blocks=tuple(blocks), body=body, gone_messages=frozenset(), meaning=None)


def _holds_one(text: str, terms: Sequence[Term]) -> bool:
    lower = text.lower()
    return any(term.is_in(lower if term.is_stem else text) for term in terms)


def _within(room: int, blocks: Sequence[Block], counts: Sequence[int]) -> Iterator[Block]:
    for block, tokens in zip(blocks, counts, strict=True):
        if tokens <= room:
            room -= tokens
            yield block.but(tokens=tokens)


STAGE = Stage("restore", restore_asked, "asked for now and cut before")
