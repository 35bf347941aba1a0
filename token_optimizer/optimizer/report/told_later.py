"""A prompt that no stage may change goes out at once, and what the trace says of it is told afterwards.

All of it is what the user asks and what the model is told to go by, and nothing comes to it: how it goes out
is known before a stage has run, and before the memory is asked for the conversation. Both is done all the
same, since the trace says what each of them found.

Before: a question under a short system text, sent after sixteen stages found nothing to do
After:  the same, sent once it is read and counted
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from token_optimizer.errors import StageError
from token_optimizer.models import Block, Kind, OptimizationResult, OptimizationStats, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.windows import within_window
from token_optimizer.prompt_cache.rules import cache_rules
from token_optimizer.runtime.garbage import collector_paused

# How long the prompt took to be read is what its request waited for.
_TOLD = [item.name for item in fields(OptimizationStats) if item.name != "latency_ms"]


def goes_as_it_came(prompt: Prompt, context: Context) -> bool:
    """Whether no stage may change or drop a block of the prompt, and nothing is put into it."""
    if context.show_handles or (context.found is not None and context.found.passages):
        return False
    if not all(map(_is_closed, prompt.blocks)) or _may_be_marked(prompt, context):
        return False
    within, _ = within_window(prompt, context)
    return within.tokens_over(prompt) <= 0


def _may_be_marked(prompt: Prompt, context: Context) -> bool:
    """Whether it gets marks for the provider's cache, which depend on whose conversation it is."""
    rules = context.facts.cache_rules or cache_rules(context.model)
    is_marked = prompt.dialect == "anthropic" and context.config.provider_cache != "off"
    return is_marked and prompt.tokens >= rules.min_tokens


def _is_closed(block: Block) -> bool:
    if block.kind is Kind.FRAMING:
        return True
    return block.verbatim and block.must_keep and block.kind is not Kind.SCHEMA


def told_later(
    prompt: Prompt, trace_id: str, optimized: Callable[[], OptimizationResult]
) -> OptimizationResult:
    """The prompt as it came. Its `remember` has it `optimized`, and completes the statistics."""
    stats = OptimizationStats(trace_id, prompt.tokens, prompt.tokens)

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

    return OptimizationResult(dict(prompt.body), stats, changed=False, remember=tell)
