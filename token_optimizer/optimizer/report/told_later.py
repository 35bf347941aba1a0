"""A prompt that no stage may change goes out at once, and what the trace says of it is told afterwards.

All of it is what the user asks and what the model is told to go by, and nothing comes to it: how it goes out
is known before a stage has run. They run all the same, since the trace says what each of them found.

Before: a question under a short system text, sent after sixteen stages found nothing to do
After:  the same, sent once it is read and counted
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from token_optimizer.errors import StageError
from token_optimizer.models import Block, Kind, OptimizationResult, OptimizationStats, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.runtime.garbage import collector_paused

# How long the prompt took to be read is what its request waited for.
_TOLD = [item.name for item in fields(OptimizationStats) if item.name != "latency_ms"]


def goes_as_it_came(original: Prompt, history: ConversationHistory, context: Context) -> bool:
    """Whether no stage may change or drop a block of the prompt, and nothing is put into it."""
    has_passages = context.found is not None and bool(context.found.passages)
    if history.known or context.show_handles or has_passages or context.tokens_over(original) > 0:
        return False
    return all(map(_is_closed, original.blocks))


def _is_closed(block: Block) -> bool:
    if block.kind is Kind.FRAMING:
        return True
    return block.verbatim and block.must_keep and block.kind is not Kind.SCHEMA


def told_later(
    original: Prompt,
    history: ConversationHistory,
    trace_id: str,
    optimized: Callable[[], OptimizationResult],
) -> OptimizationResult:
    """The prompt as it came. Its `remember` runs the stages, and completes the statistics."""
    tokens = original.tokens
    stats = OptimizationStats(trace_id, tokens, tokens, conversation=history.conversation(trace_id))

    def tell() -> None:
        with collector_paused():
            made = optimized()
        if made.changed:
            raise StageError("a stage changed a prompt in which all is closed")
        for name in _TOLD:
            setattr(stats, name, getattr(made.stats, name))
        if made.remember is not None:
            made.remember()
            stats.segments = made.stats.segments

    return OptimizationResult(dict(original.body), stats, changed=False, remember=tell)
