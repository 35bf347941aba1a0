"""Cuts towards the soft target, by the choice that a hard budget uses, and stops where what is left is likely
needed: every passage that is worth as much as the floor of its kind stays.

Nothing is cut where the question asks for nothing in particular, where a kind of text has none of its words,
or where an agent is at work: there what is needed next is named by nobody yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from token_optimizer.models import Block, Kind, Prompt, Worth
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.markers import marker_tokens, was_cut
from token_optimizer.optimizer.relevance.salience import fixed_facts, is_agents_run
from token_optimizer.optimizer.relevance.words import Stems
from token_optimizer.optimizer.selection.candidates import candidates_of, frames_of, own_words_first
from token_optimizer.optimizer.selection.choice import Candidate, worths_of_kept
from token_optimizer.optimizer.selection.cutting import CuttableBlock, Cutter, cut, cuttable_blocks
from token_optimizer.optimizer.selection.floors import KindFloor, kind_floors
from token_optimizer.optimizer.selection.specific import specific_stems

# The user's own words come before all else while they take at most this share of the room.
_MAX_OWN_SHARE = 0.8
# So many times the soft target may go of a log.
_LOGS_STRETCH = 1.5
# Less is not worth a marker.
_MIN_TOKENS = 200
# A choice that misses the target by more than this share is made once more, for so many times as much at
# most.
_NEAR = 0.03
_MAX_STRETCH = 1.3

Kept = dict[tuple[int, int], float]


def cut_to_target(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with its least worthy passages cut towards the soft target; unchanged where it is met."""
    over = prompt.tokens - (context.target_tokens or prompt.tokens)
    if over <= 0 or not asks_in_particular(prompt):
        return prompt
    asked = specific_stems(prompt.query)
    spared = _short_results(prompt, context)

    def open_cutter(block: Block) -> Cutter | None:
        has_floor = block.kind in kind_floors() and block.kind is not Kind.LOG
        return cutter_of(block) if has_floor and block.slot not in spared and not was_cut(block) else None

    # No turn goes as a whole: what is next may depend on who said what.
    cuttables = _asked_about(cuttable_blocks(prompt, context, open_cutter, ()), asked)
    tokens = sum(cuttable.block.tokens for cuttable in cuttables)
    if tokens < _MIN_TOKENS:
        return prompt
    share = over / tokens
    shorter = _with_kept(prompt, context, cuttables, share)
    short_by = shorter.tokens - (prompt.tokens - over)
    if short_by > _NEAR * over and any(worth.spare_tokens for worth in shorter.worths.values()):
        # Markers and what stands between passages cost more than was reckoned.
        cut_so_far = max(1, prompt.tokens - shorter.tokens)
        shorter = _with_kept(prompt, context, cuttables, share * min(_MAX_STRETCH, over / cut_so_far))
    return shorter


def cut_logs(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with its logs cut further than the soft target asks for, to what is worth the floor of logs:
    they repeat themselves more than other texts do."""
    cuttables = cuttable_blocks(prompt, context, cutter_of, ())
    share = _LOGS_STRETCH * (context.config.target_reduction or 0)
    return _with_kept(prompt, context, cuttables, share) if cuttables else prompt


def asks_in_particular(prompt: Prompt) -> bool:
    """Whether a question of the user's says what is needed; an agent's next step does not."""
    return bool(specific_stems(prompt.query)) and not is_agents_run(prompt)


def _with_kept(prompt: Prompt, context: Context, cuttables: list[CuttableBlock], share: float) -> Prompt:
    """The prompt with these blocks cut, by this share of each kind's tokens at most."""
    choice = _Choice(prompt, context, cuttables)
    kept = choice.kept(share)
    shorter = cut(prompt, context, cuttables, set(kept), set())
    return replace(shorter, worths={**shorter.worths, **choice.worths(kept)})


def _short_results(prompt: Prompt, context: Context) -> set[int]:
    """The slots of the tool results that are too small to be cut."""
    sizes: dict[int, int] = {}
    for block in prompt.blocks:
        if block.tool_result and block.slot is not None:
            sizes[block.slot] = sizes.get(block.slot, 0) + block.tokens
    return {slot for slot, tokens in sizes.items() if tokens <= context.config.tool_result_tokens}


def _asked_about(cuttables: Sequence[CuttableBlock], asked: frozenset[str]) -> list[CuttableBlock]:
    """The blocks of the kinds in which some of the asked words stand."""
    known = Stems()
    kinds: set[Kind] = set()
    for cuttable in cuttables:
        kind = cuttable.block.kind
        if kind not in kinds and not asked.isdisjoint(known.of(cuttable.source.text)):
            kinds.add(kind)
    return [cuttable for cuttable in cuttables if cuttable.block.kind in kinds]


class _Choice:
    """One choice for each kind of text, within the share that may go of it."""

    def __init__(self, prompt: Prompt, context: Context, cuttables: list[CuttableBlock]) -> None:
        self._cuttables = cuttables
        gap_tokens = marker_tokens(context.show_handles)
        self._frames = frames_of(cuttables, {}, gap_tokens)
        self._candidates = candidates_of(prompt, cuttables, gap_tokens)
        self._covered = fixed_facts(prompt, {cuttable.at for cuttable in cuttables})

    def kept(self, share: float) -> Kept:
        """The passages that stay where this share of each kind's tokens is to go, with what each is worth."""
        kept: Kept = {}
        for kind, floor in kind_floors().items():
            of_kind = [item for item in self._candidates if self._kind_of(item) is kind]
            if of_kind:
                kept |= self._kept_of_kind(of_kind, floor, share)
        return kept

    def worths(self, kept: Kept) -> dict[str, Worth]:
        """What was decided on each block, by its id."""
        found: dict[str, Worth] = {}
        for number, cuttable in enumerate(self._cuttables):
            floor = kind_floors()[cuttable.block.kind].floor
            stays = {place: worth for (text, place), worth in kept.items() if text == number}
            spare = sum(cuttable.tokens[place] for place, worth in stays.items() if worth < floor)
            found[cuttable.block.id] = Worth(max(stays.values(), default=0.0), floor, spare)
        return found

    def _kept_of_kind(self, candidates: list[Candidate], floor: KindFloor, share: float) -> Kept:
        tokens = sum(item.tokens for item in candidates)
        room = int(tokens * (1 - min(share, floor.max_cut)))
        own_tokens = int(_MAX_OWN_SHARE * room)
        ranked = own_words_first(candidates, self._cuttables, self._frames, own_tokens, in_part=True)
        ranked = [replace(item, floor=floor.floor) for item in ranked]
        return worths_of_kept(ranked, room, self._frames, self._covered)

    def _kind_of(self, item: Candidate) -> Kind:
        return self._cuttables[item.text].block.kind
