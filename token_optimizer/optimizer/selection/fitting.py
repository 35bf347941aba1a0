"""Brings a prompt that is over its hard budget into it, with one choice over all passages that may go."""

from __future__ import annotations

from collections.abc import Callable, Set

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import counted
from token_optimizer.optimizer.conversation.turns.dropped_turns import droppable_turns
from token_optimizer.optimizer.formats.framing import framing_left
from token_optimizer.optimizer.markers import marker_tokens
from token_optimizer.optimizer.relevance.salience import is_agents_run
from token_optimizer.optimizer.selection.candidates import (
    candidates_of,
    covered_facts,
    frames_of,
    own_words_first,
)
from token_optimizer.optimizer.selection.choice import GreedyChoice
from token_optimizer.optimizer.selection.cutting import Cutter, block_writer, cut, cuttable_blocks

_MAX_ATTEMPTS = 5
# A choice that costs by so much more or less than was reckoned is reckoned anew.
_FAR = 0.15
_SPARE = 0.05
# The user's own words come before all else while they take at most this share of the room.
_MAX_OWN_SHARE = 0.5


def fit_to_budget(
    prompt: Prompt,
    context: Context,
    cutter_of: Callable[[Block], Cutter | None],
    kept_turns: Set[int] = frozenset(),
) -> Prompt:
    """The prompt with its least worthy passages cut so that it fits, and none of the `kept_turns` as a whole;
    unchanged where it fits already."""
    if context.tokens_over(prompt) <= 0 or context.budget_tokens is None:
        return prompt
    turns = {turn: size for turn, size in droppable_turns(prompt).items() if turn not in kept_turns}
    cuttables = cuttable_blocks(prompt, context, cutter_of, turns)
    if not cuttables:
        return prompt
    gap_tokens = marker_tokens(context.show_handles)
    candidates = candidates_of(prompt, cuttables, gap_tokens)
    frames = frames_of(cuttables, turns, gap_tokens)
    covered = covered_facts(prompt, cuttables)
    written = block_writer(cuttables, context)
    least = counted(cut(prompt, context, cuttables, set(), set(turns), written), prompt, context)
    available = -_tokens_over(least, context)
    whole = available + _tokens_over(prompt, context)
    # In an agent's run the role of the user also reports what programs printed.
    in_part = not is_agents_run(prompt)
    own_tokens = int(_MAX_OWN_SHARE * available)
    candidates = own_words_first(candidates, cuttables, frames, own_tokens, in_part=in_part)
    choice = GreedyChoice(candidates, frames, covered)
    best, best_used, room, enough, too_much = least, 0, available, 0, 0
    for attempt in range(_MAX_ATTEMPTS):
        if room <= 0:
            break
        kept = set(choice.worths_within(room))
        shorter = counted(cut(prompt, context, cuttables, kept, set(turns), written), prompt, context)
        used = available + _tokens_over(shorter, context)
        if best_used < used <= available:
            best, best_used = shorter, used
        if used <= available and (used >= (1 - _SPARE) * available or len(kept) == len(candidates)):
            break
        if used > available:
            too_much = min(room, too_much or room)
        else:
            enough = max(room, enough)
        room = _next_room(room, used, available, whole, attempt, gap_tokens)
        if too_much and not enough < room < too_much:
            room = (enough + too_much) // 2
    return best


def _next_room(room: int, used: int, available: int, whole: int, attempt: int, gap_tokens: int) -> int:
    """The room to try next, after a choice for `room` came to `used` of the tokens that are available."""
    if used >= whole:
        # What went was worth less than saying the rest at length: how far off it was is not known.
        return room // 2
    if abs(used - available) > _FAR * available:
        # Written together, passages may cost less or more than each by itself.
        return room * available // max(used, 1)
    # The choice stays the same until a whole passage no longer fits, so each step is a larger one.
    return room - ((used - available + gap_tokens) << attempt)


def _tokens_over(prompt: Prompt, context: Context) -> int:
    """As the context counts, but exact: two blocks of one text can count a token more than the text does."""
    shared: dict[int, list[Block]] = {}
    total = framing_left(prompt) - (context.budget_tokens or 0)
    for block in prompt.blocks:
        if block.slot is not None:
            shared.setdefault(block.slot, []).append(block)
        elif block.kind is not Kind.FRAMING:
            total += block.tokens
    total += sum(blocks[0].tokens for blocks in shared.values() if len(blocks) == 1)
    split = ["".join([block.text for block in blocks]) for blocks in shared.values() if len(blocks) > 1]
    return total + sum(context.count(split))
