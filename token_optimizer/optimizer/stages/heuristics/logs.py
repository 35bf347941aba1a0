"""Cuts long logs to their errors, their tail and what the question asks for.

Logs of up to `tool_result_tokens` stay whole, but for what a user pasted with a question. While the prompt is
larger than the soft target, a long log is cut further, to the target's share of its own size at least. Over
the hard budget logs are left to the choice among all passages, which knows what else there is.

Before: a log of 900 lines with one error in line 412
After:  the lines around 412, the last lines, and markers that count what is left out
"""

from __future__ import annotations

from dataclasses import replace

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, counted, with_blocks
from token_optimizer.optimizer.logs.trimming import trimmed_log
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import was_cut, with_text
from token_optimizer.optimizer.selection.cutters import cut_logs_to_floor, cut_to_budget
from token_optimizer.optimizer.selection.soft.soft_target import asks_in_particular
from token_optimizer.optimizer.selection.soft.specific import wants_all

# What the user pasted may go in part from here on, where a question says what of it is needed.
_MIN_PASTED_TOKENS = 1_000


def trim_long_logs(prompt: Prompt, context: Context) -> Prompt:
    """Trim every log above `tool_result_tokens`, further where the soft target is missed; none where all is
    wanted."""
    if not any(block.kind is Kind.LOG for block in prompt.open_blocks):
        return prompt
    is_asked = asks_in_particular(prompt)
    long = {block.id for block in prompt.open_blocks if _is_long_log(block, context, is_asked)}
    if not long:
        return prompt
    if context.tokens_over(prompt) > 0 or wants_all(prompt.query or ""):
        return prompt
    blocks = [_trimmed(block, prompt, context) if block.id in long else block for block in prompt.blocks]
    trimmed = counted(with_blocks(prompt, blocks), prompt, context)
    if not context.misses_target(trimmed):
        return trimmed
    blocks = list(trimmed.blocks)
    worths = dict(trimmed.worths)
    for at, before in enumerate(prompt.blocks):
        if before.id in long:
            alone = _cut_to_target(blocks[at], before, prompt, context, is_asked)
            blocks[at] = alone.blocks[0]
            worths |= alone.worths
    return replace(with_blocks(trimmed, blocks), worths=worths or trimmed.worths)


def _is_long_log(block: Block, context: Context, is_asked: bool) -> bool:
    """Whether a log is to be cut; one that was cut already is not, or a second run would cut it further."""
    least = context.config.tool_result_tokens
    if not block.tool_result and is_asked:
        least = min(least, _MIN_PASTED_TOKENS)
    is_long = block.kind is Kind.LOG and block.tokens > least
    return is_long and not (was_cut(block) or block.verbatim or block.must_keep or block.slot is None)


def _trimmed(block: Block, prompt: Prompt, context: Context) -> Block:
    """The log as the rule leaves it, with the line ends around it."""
    config, text = context.config, MarkedText.of(block)
    start, end = text.stripped_span("\n")
    log = text.part(start, end)
    windows = (config.log_error_window_lines, config.log_tail_lines)
    trimmed = trimmed_log(log, *windows, prompt.query)
    if trimmed is log:
        return block
    whole = joined([text.text[:start], trimmed, text.text[end:]])
    return with_text(block, whole, context.show_handles)


def _cut_to_target(block: Block, before: Block, prompt: Prompt, context: Context, is_asked: bool) -> Prompt:
    """The log alone, with what is worth most: down to the floor of logs where a question says what is needed,
    else to the target's share of what it was."""
    alone = with_blocks(prompt, [before])
    if is_asked:
        return cut_logs_to_floor(alone, context)
    room = int(before.tokens * (1 - (context.config.target_reduction or 0)))
    if block.tokens <= room:
        return with_blocks(prompt, [block])
    return cut_to_budget(alone, replace(context, budget_tokens=room))


STAGE = Stage("logs", trim_long_logs, "log cut to errors, tail and what was asked", lossy=True)
