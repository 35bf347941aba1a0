"""Cuts towards the soft target, by the choice that a hard budget uses, and stops where what is left is likely
needed: every passage that is worth as much as the floor of its kind stays.

Nothing is cut where the question asks for nothing in particular, where a kind of text has none of its words,
or where an agent is at work: there what is needed next is named by nobody yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from token_optimizer.errors import StageSkipped
from token_optimizer.models import Block, Kind, Prompt, WhyNot
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import counted
from token_optimizer.optimizer.markers import max_whole_tokens, was_cut
from token_optimizer.optimizer.relevance.salience import calls_tools
from token_optimizer.optimizer.relevance.words import has_stem
from token_optimizer.optimizer.selection.cutting import CuttableBlock, Cutter, cuttable_blocks
from token_optimizer.optimizer.selection.soft.certainty import is_answered_in_one_place
from token_optimizer.optimizer.selection.soft.floored_choice import FlooredChoice
from token_optimizer.optimizer.selection.soft.floors import (
    KindFloor,
    chat_floor,
    fact_floor,
    floors_of,
    kind_floors,
)
from token_optimizer.optimizer.selection.soft.specific import specific_stems
from token_optimizer.text.speech import is_with_assistant

# So many times the soft target may go of what is long and repeats itself: of logs, and of JSON.
_STRETCH = 1.5
# Less is not worth a marker.
_MIN_TOKENS = 200
# A choice that misses the target by more than this share is made once more, for so many times as much at
# most.
_NEAR = 0.03
_MAX_STRETCH = 1.3
_AT_WORK = "an agent is at work: what it needs next is named by nobody yet"
_ASKS_NOTHING = "no question says what of the prompt is needed"


def cut_to_target(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with its least worthy passages cut towards the soft target, which are not counted yet;
    unchanged where it is met.

    StageSkipped says why nothing goes by it of a prompt that is larger.
    """
    if context.target_tokens is None:
        return prompt
    over = prompt.tokens - context.target_tokens
    if not asks_in_particular(prompt):
        if over > 0:
            raise _asks_nothing(prompt)
        return prompt
    asked = specific_stems(prompt.query or "")
    spared = _short_results(prompt, context)
    whole_tokens = max_whole_tokens(context.show_handles)
    open_kinds = kind_floors().keys() - {Kind.LOG}

    def open_cutter(block: Block) -> Cutter | None:
        has_floor = block.kind in open_kinds
        is_open = has_floor and block.slot not in spared and not was_cut(block)
        is_wanted = over > 0 or _is_long_json(block, context)
        return cutter_of(block) if is_open and is_wanted and block.tokens > whole_tokens else None

    # No turn goes as a whole: what is next may depend on who said what.
    found = cuttable_blocks(prompt, context, open_cutter, ())
    cuttables = _asked_about(prompt, found, asked)
    tokens = _tokens_of(cuttables)
    if tokens < _MIN_TOKENS:
        if over > 0:
            raise _nothing_to_cut(prompt, found, spared)
        return prompt
    choice = FlooredChoice(prompt, context, cuttables, _floors(cuttables, asked, context))
    share, further = max(0.0, over / tokens), {Kind.JSON: _json_share(cuttables, context)}
    kept = choice.kept(share, further)
    gone = choice.tokens_gone(kept)
    if over - gone > _NEAR * over and choice.spares(kept):
        # Markers and what stands between passages cost more than was reckoned.
        kept = choice.kept(share * min(_MAX_STRETCH, over / max(1, gone)), further)
    return choice.written(kept)


def cut_logs(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with its logs cut further than the soft target asks for, to what is worth the floor of logs:
    they repeat themselves more than other texts do."""
    cuttables = cuttable_blocks(prompt, context, cutter_of, ())
    if not cuttables:
        return prompt
    share = context.config.target_reduction or 0
    if _tokens_of(cuttables) > context.config.tool_result_tokens:
        share *= _STRETCH
    choice = FlooredChoice(prompt, context, cuttables, floors_of(context.config.floor_factors))
    return counted(choice.written(choice.kept(share)), prompt, context)


def asks_in_particular(prompt: Prompt) -> bool:
    """Whether a question of the user's says what is needed; an agent's next step does not."""
    return not calls_tools(prompt) and bool(specific_stems(prompt.query or ""))


def _asks_nothing(prompt: Prompt) -> StageSkipped:
    if calls_tools(prompt):
        return StageSkipped(_AT_WORK, WhyNot.AGENT_AT_WORK)
    return StageSkipped(_ASKS_NOTHING, WhyNot.QUESTION_UNCLEAR)


def _nothing_to_cut(prompt: Prompt, found: Sequence[CuttableBlock], spared: set[int]) -> StageSkipped:
    """Why too little of the prompt may be cut; `found` are the blocks that a question could cut, and `spared`
    the slots of short tool results."""
    if _tokens_of(found) >= _MIN_TOKENS:
        return StageSkipped("no text of it has a word of the question", WhyNot.QUESTION_UNMATCHED)
    if sum(block.tokens for block in prompt.open_blocks if block.slot in spared) >= _MIN_TOKENS:
        return StageSkipped("its tool results are short", WhyNot.SHORT_RESULTS)
    code = sum(block.tokens for block in prompt.open_blocks if block.kind is Kind.CODE)
    if code >= _MIN_TOKENS:
        return StageSkipped("its code is needed as it is", WhyNot.CODE_ONLY)
    return StageSkipped(f"less than {_MIN_TOKENS} tokens of it may be cut", WhyNot.TOO_SHORT)


def _tokens_of(cuttables: Sequence[CuttableBlock]) -> int:
    return sum(cuttable.block.tokens for cuttable in cuttables)


def _floors(
    cuttables: Sequence[CuttableBlock], asked: frozenset[str], context: Context
) -> Mapping[Kind, KindFloor]:
    """The floors of kinds; others of transcripts in which an assistant speaks, or that answer the question in
    one place."""
    floors = floors_of(context.config.floor_factors)
    said = [one for one in cuttables if one.block.kind is Kind.TRANSCRIPT or _is_said_json(one)]
    spoken = [text for cuttable in said for text in cuttable.texts]
    if any(map(_is_said_json, said)):
        floors = {**floors, Kind.JSON: floors[Kind.TRANSCRIPT]}
    if is_with_assistant(spoken):
        own = chat_floor()
    elif is_answered_in_one_place(spoken, asked):
        own = fact_floor()
    else:
        return floors
    factor = context.config.floor_factors.get(Kind.TRANSCRIPT.value, 1.0)
    own = own._replace(floor=own.floor * factor)
    return {kind: own if found is floors[Kind.TRANSCRIPT] else found for kind, found in floors.items()}


def _is_said_json(cuttable: CuttableBlock) -> bool:
    """Whether the block is JSON whose rows are ranked, as what people say is."""
    return cuttable.block.kind is Kind.JSON and cuttable.cutter.ranked


def _json_share(cuttables: Sequence[CuttableBlock], context: Context) -> float:
    """The share of the JSON that is to go where there is much of it, beside what lossless rules took."""
    blocks = [cuttable.block for cuttable in cuttables if cuttable.block.kind is Kind.JSON]
    tokens = sum(block.tokens for block in blocks)
    if tokens <= context.config.tool_result_tokens:
        return 0.0
    before = {block.id: block.tokens for block in context.original.blocks} if context.original else {}
    tokens_before = sum(before.get(block.id, block.tokens) for block in blocks)
    room = tokens_before * (1 - _STRETCH * (context.config.target_reduction or 0))
    return max(0.0, 1 - room / tokens)


def _short_results(prompt: Prompt, context: Context) -> set[int]:
    """The slots of the tool results that are too small to be cut."""
    sizes: dict[int, int] = {}
    for block in prompt.rest:
        if block.tool_result and block.slot is not None:
            sizes[block.slot] = sizes.get(block.slot, 0) + block.tokens
    return {slot for slot, tokens in sizes.items() if tokens <= context.config.tool_result_tokens}


def _is_long_json(block: Block, context: Context) -> bool:
    return block.kind is Kind.JSON and block.tokens > context.config.tool_result_tokens


def _asked_about(
    prompt: Prompt, cuttables: Sequence[CuttableBlock], asked: frozenset[str]
) -> list[CuttableBlock]:
    """The blocks of the kinds in which some of the asked words stand, or in titles of which they do. Of JSON
    with long texts they may stand in the rest of it, which is not cut."""
    slots = {cuttable.block.slot for cuttable in cuttables if cuttable.block.wrapper is not None}
    around = (block for block in prompt.blocks if block.kind is Kind.OPAQUE and block.slot in slots)
    kinds = {Kind.DOCUMENT} if slots and any(has_stem(block.content, asked) for block in around) else set()
    for cuttable in cuttables:
        kind = cuttable.block.kind
        if kind not in kinds and (cuttable.cutter.answering or _mentions(cuttable, asked)):
            kinds.add(kind)
    return [cuttable for cuttable in cuttables if cuttable.block.kind in kinds]


def _mentions(cuttable: CuttableBlock, asked: frozenset[str]) -> bool:
    return has_stem(cuttable.source.text, asked) or has_stem(cuttable.title(), asked)
