"""Cuts what a tool returned to an agent by what the agent is after, when the result first comes: later would
break the frozen prefix.

An agent says what it is after before its call, and in the call's arguments; with the task that is the
question by which the lines of the result are weighed. Whole lines go, and none that is worth the floor of
tool results.
Of the conversation only what came before the result counts, so it is cut alike on every turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby, islice, takewhile
from operator import attrgetter

from token_optimizer.models import Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import counted
from token_optimizer.optimizer.markers import was_cut
from token_optimizer.optimizer.relevance.salience import NamesBefore, is_agents_run
from token_optimizer.optimizer.selection.cutting import CuttableBlock, Cutter, cuttable_blocks
from token_optimizer.optimizer.selection.soft.floored_choice import FlooredChoice
from token_optimizer.optimizer.selection.soft.floors import KindFloor, tool_result_floor_of

# JSON and logs have rules of their own.
_KINDS = (Kind.CODE, Kind.PROSE, Kind.DOCUMENT)
_NEIGHBOR_WEIGHT = 0.4
# What an agent is after stands in a stretch of a file or of an output more than in single lines.
_TOPIC_WEIGHT = 0.6
# What an agent is after spans so many of its messages.
_STEPS_OF_GOAL = 2
# So many tokens of a result stay, and of the others at most the share that the floor says goes.
_SPARED_TOKENS = 1_500


def cut_tool_results(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with what is new of long tool results cut, where an agent is at work and the config has a
    soft target. What is cut to a hard budget has room for what the choice over all of it kept."""
    came = context.original or prompt
    if context.target_tokens is None or context.tokens_over(came) > 0:
        return prompt
    before = NamesBefore()
    for _, parts in groupby(prompt.rest, attrgetter("slot")):
        result = [block for block in parts if _is_open(block)]
        # A search returns many short texts.
        if sum(block.tokens for block in result) > context.config.tool_result_tokens:
            prompt = _with_result_cut(prompt, result, context, cutter_of, before)
    return prompt


def _is_open(block: Block) -> bool:
    is_new = not (block.frozen or block.verbatim or was_cut(block))
    return block.tool_result and is_new and block.kind in _KINDS


def _with_result_cut(
    prompt: Prompt,
    result: Sequence[Block],
    context: Context,
    cutter_of: Callable[[Block], Cutter | None],
    before: NamesBefore,
) -> Prompt:
    at, end = prompt.blocks.index(result[0]), prompt.blocks.index(result[-1]) + 1
    known = replace(prompt, blocks=prompt.blocks[:end])
    ids = {block.id for block in result}
    # Who writes calls into the text is an agent, too.
    if not is_agents_run(known) and result[0].message not in prompt.reading.observations.found:
        return prompt
    known = replace(known, query=_goal(known, result[0]))

    def cutter_of_result(block: Block) -> Cutter | None:
        cutter = cutter_of(block) if block.id in ids else None
        if cutter is None:
            return None
        return replace(cutter, ranked=True, neighbor_weight=_NEIGHBOR_WEIGHT, topic_weight=_TOPIC_WEIGHT)

    cuttables = cuttable_blocks(known, context, cutter_of_result, ())
    if not cuttables:
        return prompt
    before.read_to(prompt, at)
    floor = _for_size(tool_result_floor_of(context.config.floor_factors), cuttables)
    choice = FlooredChoice(
        known, context, cuttables, dict.fromkeys((block.kind for block in result), floor), before
    )
    shorter = counted(choice.written(choice.kept(floor.max_cut)), known, context)
    return replace(prompt, blocks=(*shorter.blocks, *prompt.blocks[end:]), worths=shorter.worths)


def _for_size(floor: KindFloor, cuttables: Sequence[CuttableBlock]) -> KindFloor:
    """The floor with the share of all tokens that may go. The longer a result is, the smaller is the part of
    it that an agent is after."""
    tokens = sum(sum(cuttable.tokens) for cuttable in cuttables)
    return floor._replace(max_cut=floor.max_cut * max(0.0, 1 - _SPARED_TOKENS / max(1, tokens)))


def _goal(known: Prompt, result: Block) -> str:
    """What the agent is after: what it said in its last steps before the result, its calls, and all that
    the user said last, which code may part. What other calls returned meanwhile is not of its choosing."""
    before = [block for block in reversed(known.blocks) if 0 <= block.message < result.message]
    steps = dict.fromkeys(block.message for block in before if block.type is BlockType.ASSISTANT)
    first = min(islice(steps, _STEPS_OF_GOAL), default=-1)
    recent = takewhile(lambda block: block.message >= first, before)
    said = [block.content for block in recent if not block.tool_result]
    prose = [block for block in before if block.is_users_prose]
    task = [block.content for block in prose if block.message == prose[0].message]
    return " ".join([*reversed(said), *reversed(task)])
