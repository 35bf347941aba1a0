"""Protects the prose of the last `keep_last_n_turns` turns, so that no later stage drops or cuts it.

It removes nothing. Under a hard budget as many turns are protected as leave room for what the question asks
about. Embedded content and tool results of the newest turns stay open to the other stages, and so do worked
examples that are given as turns. What the tools return that `uncut_tools` names is protected, however old.

Before: user "a", assistant "b", user "c", with `keep_last_n_turns` 1
After:  user "a", assistant "b", user "c" must_keep
"""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.dialects.bodies import MESSAGE_TOKENS
from token_optimizer.models import NO_PREFIX, Aggregate, Block, FrozenPrefix, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, with_blocks
from token_optimizer.optimizer.conversation.turns.example_turns import example_turns
from token_optimizer.optimizer.conversation.turns.newest_turns import keep_last_n_turns
from token_optimizer.optimizer.conversation.turns.whole_results import keep_results_of

# The newest turns are protected while what has to be sent is at most this share of the hard budget.
_MAX_REQUIRED_SHARE = 0.75


def protect_newest_turns(prompt: Prompt, context: Context) -> Prompt:
    """Mark the prose of the last `keep_last_n_turns` turns, and results of `uncut_tools`, as must-keep."""
    prompt = keep_results_of(prompt, context.config.uncut_tools)
    if example_turns(prompt):
        # The newest of them says no more than the others.
        return prompt
    # What was sent before must be kept already; the rest has the newest turn, unless nothing of it is said.
    has_newest = any(block.turn >= prompt.prefix.newest_turn for block in prompt.rest)
    before = prompt.prefix if has_newest else NO_PREFIX
    blocks = list(prompt.rest if has_newest else prompt.blocks)
    turns = context.config.keep_last_n_turns
    protected = keep_last_n_turns(blocks, turns)
    while turns > 0 and context.budget_tokens is not None:
        if _required_tokens(before, protected) <= _MAX_REQUIRED_SHARE * context.budget_tokens:
            break
        turns -= 1
        protected = keep_last_n_turns(blocks, turns)
    return with_blocks(prompt, [*before.sent, *protected])


def _required_tokens(before: FrozenPrefix, blocks: Sequence[Block]) -> int:
    """What has to be sent of the blocks, and of those sent before them: must-keep and verbatim text,
    and the tools at the half that shortening leaves."""
    schemas = sum(block.tokens for block in blocks if block.kind is Kind.SCHEMA)
    required = [
        block for block in blocks if (block.must_keep or block.verbatim) and block.kind is not Kind.FRAMING
    ]
    messages = _with_messages(before.value(_MESSAGES), (), required)
    tokens = before.tokens + sum(block.tokens for block in required)
    return schemas // 2 + MESSAGE_TOKENS * len(messages) + tokens


def _with_messages(known: frozenset[int], _: Sequence[Block], sent: Sequence[Block]) -> frozenset[int]:
    return known.union([block.message for block in sent])


_MESSAGES: Aggregate[frozenset[int]] = Aggregate("messages", frozenset(), _with_messages)


STAGE = Stage("turns", protect_newest_turns, "one of the newest turns")
