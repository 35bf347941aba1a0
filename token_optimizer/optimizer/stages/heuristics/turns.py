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
from token_optimizer.models import Block, Kind, Prompt
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
    blocks = list(prompt.blocks)
    turns = context.config.keep_last_n_turns
    protected = keep_last_n_turns(blocks, turns)
    while turns > 0 and context.budget_tokens is not None:
        if _required_tokens(protected) <= _MAX_REQUIRED_SHARE * context.budget_tokens:
            break
        turns -= 1
        protected = keep_last_n_turns(blocks, turns)
    return with_blocks(prompt, protected)


def _required_tokens(blocks: Sequence[Block]) -> int:
    """What has to be sent: must-keep and verbatim text, and the tools at the half that shortening leaves."""
    schemas = sum(block.tokens for block in blocks if block.kind is Kind.SCHEMA)
    required = [
        block for block in blocks if (block.must_keep or block.verbatim) and block.kind is not Kind.FRAMING
    ]
    frames = MESSAGE_TOKENS * len({block.message for block in required})
    return schemas // 2 + frames + sum(block.tokens for block in required)


STAGE = Stage("turns", protect_newest_turns, "one of the newest turns")
