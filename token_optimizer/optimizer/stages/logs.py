"""Cuts long logs to their errors, their tail and what the question asks for.

Logs of up to `tool_result_tokens` stay whole. While the prompt is larger than the soft target, a long log is
cut further, to the target's share of its own size at least. Over the hard budget logs are left to the choice
among all passages, which knows what else there is.

Before: a log of 900 lines with one error in line 412
After:  the lines around 412, the last lines, and markers that count what is left out
"""

from __future__ import annotations

from dataclasses import replace

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.logs.trimming import trim_logs
from token_optimizer.optimizer.selection.cutters import cut_to_budget
from token_optimizer.optimizer.selection.kept_passages import was_cut
from token_optimizer.optimizer.stages.base import Stage, counted, rewritten, with_blocks


def trim_long_logs(prompt: Prompt, context: Context) -> Prompt:
    """Trim every log above `tool_result_tokens`, further where the soft target is missed."""
    config = context.config
    if context.tokens_over(prompt) > 0:
        return prompt
    windows = (config.log_error_window_lines, config.log_tail_lines)
    trimmed = rewritten(
        prompt,
        lambda text, block: trim_logs(text, *windows, prompt.query),
        lambda block: _is_long_log(block, context),
    )
    trimmed = counted(trimmed, prompt, context)
    if not context.misses_target(trimmed):
        return trimmed
    blocks = [
        _cut_to_target(block, before, prompt, context) if _is_long_log(before, context) else block
        for block, before in zip(trimmed.blocks, prompt.blocks, strict=True)
    ]
    return with_blocks(trimmed, blocks)


def _is_long_log(block: Block, context: Context) -> bool:
    """Whether a log is to be cut; one that was cut already is not, or a second run would cut it further."""
    is_long = block.kind is Kind.LOG and block.tokens > context.config.tool_result_tokens
    return is_long and not was_cut(block.content)


def _cut_to_target(block: Block, before: Block, prompt: Prompt, context: Context) -> Block:
    """The log at the target's share of what it was; the passages that are worth most stay."""
    room = int(before.tokens * (1 - (context.config.target_reduction or 0)))
    if block.verbatim or block.tokens <= room:
        return block
    alone = cut_to_budget(with_blocks(prompt, [before]), replace(context, budget_tokens=room))
    return alone.blocks[0]


STAGE = Stage("logs", trim_long_logs, "log cut to errors, tail and what was asked", lossy=True)
