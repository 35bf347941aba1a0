"""Finds out what the question means for the documents and transcripts that compete for a budget.

It changes no text. It runs where passages are chosen, and its result decides what later stages leave out. Old
turns of a chat are chosen by the question's own words, so it does not look at them.

Before: "What about the price?", over budget, and a document that says "The costs are low."
After:  the same blocks, and the prompt's `meaning` with price -> costs and what the document is worth
"""

from __future__ import annotations

from token_optimizer.models import Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.markers import max_whole_tokens
from token_optimizer.optimizer.relevance.meaning.query_meaning import meaning_of
from token_optimizer.optimizer.selection.cutters import CUTTERS
from token_optimizer.optimizer.selection.soft.soft_target import asks_in_particular
from token_optimizer.runtime.latency import MEANING

_KINDS = frozenset(kind for kind, cutter in CUTTERS.items() if cutter.synonym_weight)


def look_into_meaning(prompt: Prompt, context: Context) -> Prompt:
    """Weigh the blocks that compete by what the question means; StageSkipped without the time for it."""
    is_over = context.tokens_over(prompt) > 0
    if not prompt.query or not (is_over or context.misses_target(prompt)):
        return prompt
    whole_tokens = max_whole_tokens(context.show_handles)
    rivals = [
        block
        for block in prompt.open_blocks
        if block.kind in _KINDS and block.tokens > whole_tokens and not block.must_keep
    ]
    # What the question asks for takes longer to see.
    if not rivals or not (is_over or asks_in_particular(prompt)):
        return prompt
    tokens = sum(block.tokens for block in rivals)
    context.latency.demand(MEANING, tokens)
    with context.latency.measuring(MEANING, tokens):
        return prompt.but(meaning=meaning_of(prompt.query, rivals))


STAGE = Stage("semantic", look_into_meaning, "weighed by what the question means")
