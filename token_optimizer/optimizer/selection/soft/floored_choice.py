"""A choice within the floors of kinds: what is worth the floor of its kind stays, whatever the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np

from token_optimizer.models import Kind, Prompt, Worth
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.markers import marker_tokens
from token_optimizer.optimizer.relevance.salience import NOTHING_BEFORE, NamesBefore
from token_optimizer.optimizer.selection.candidate_table import CandidateTable
from token_optimizer.optimizer.selection.candidates import (
    candidates_of,
    covered_facts,
    frames_of,
    own_words_first,
)
from token_optimizer.optimizer.selection.choice import GreedyChoice
from token_optimizer.optimizer.selection.cutting import CuttableBlock, block_writer, cut
from token_optimizer.optimizer.selection.soft.floors import KindFloor

# The user's own words come before all else while they take at most this share of the room.
_MAX_OWN_SHARE = 0.9

_NO_SHARES: Mapping[Kind, float] = {}

# The (text, place) pairs of passages that stay, with what each is worth.
Kept = Mapping[tuple[int, int], float]


class FlooredChoice:
    """One choice for each kind of text among these blocks, whose kinds are among the `floors`."""

    def __init__(
        self,
        prompt: Prompt,
        context: Context,
        cuttables: list[CuttableBlock],
        floors: Mapping[Kind, KindFloor],
        before: NamesBefore = NOTHING_BEFORE,
    ) -> None:
        self._prompt = prompt
        self._context = context
        self._cuttables = cuttables
        self._floors = floors
        gap_tokens = marker_tokens(context.show_handles)
        self._frames = frames_of(cuttables, {}, gap_tokens)
        self._by_kind = _by_kind(candidates_of(prompt, cuttables, gap_tokens, before), cuttables)
        # The last choice of each kind, and among what it was.
        self._choices: dict[Kind, tuple[CandidateTable, GreedyChoice]] = {}
        self._covered = covered_facts(prompt, cuttables, before)

    def kept(self, share: float, further: Mapping[Kind, float] = _NO_SHARES) -> Kept:
        """What stays where at most this share of the tokens of each kind goes, or what `further` says of the
        kind where that is more, and nothing that is worth the kind's floor."""
        kept: dict[tuple[int, int], float] = {}
        for kind in self._by_kind:
            kept |= self._kept_of_kind(kind, max(share, further.get(kind, 0.0)))
        return kept

    def written(self, kept: Kept) -> Prompt:
        """The prompt with no passages but these of the blocks, which are not counted yet."""
        written = block_writer(self._cuttables, self._context)
        shorter = cut(self._prompt, self._context, self._cuttables, set(kept), set(), written)
        return shorter.but(worths={**shorter.worths, **self._worths(kept)})

    def tokens_gone(self, kept: Kept) -> int:
        """How many tokens the prompt loses by that, as passages and markers are reckoned."""
        gone = 0
        for items in self._by_kind.values():
            is_gone = ~items.are_among(kept)
            follows_gone = np.array(items.joined()[:-1], bool) & np.append(False, is_gone[:-1])
            gone += int((items.tokens - items.gap_tokens * ~follows_gone)[is_gone].sum())
        return gone

    def spares(self, kept: Kept) -> bool:
        """Whether some of what stays is worth less than the floor of its kind."""
        floors = [self._floors[cuttable.block.kind].floor for cuttable in self._cuttables]
        return any(worth < floors[text] for (text, _), worth in kept.items())

    def _worths(self, kept: Kept) -> dict[str, Worth]:
        """What was decided on each block, by its id."""
        floors = [self._floors[cuttable.block.kind].floor for cuttable in self._cuttables]
        best: dict[int, float] = {}
        spare = [0] * len(floors)
        for (text, place), worth in kept.items():
            if worth > best.get(text, -inf):
                best[text] = worth
            if worth < floors[text]:
                spare[text] += self._cuttables[text].tokens[place]
        return {
            cuttable.block.id: Worth(best.get(number, 0.0), floors[number], spare[number])
            for number, cuttable in enumerate(self._cuttables)
        }

    def _kept_of_kind(self, kind: Kind, share: float) -> Kept:
        candidates, floor = self._by_kind[kind], self._floors[kind]
        tokens = int(candidates.tokens.sum())
        room = int(tokens * (1 - min(share, floor.max_cut)))
        own_tokens = int(_MAX_OWN_SHARE * room)
        ranked = own_words_first(candidates, self._cuttables, self._frames, own_tokens, in_part=True)
        known = self._choices.get(kind)
        if known is None or not known[0].weighs_like(ranked):
            choice = GreedyChoice(ranked, self._frames, self._covered, floor.floor)
            known = self._choices[kind] = ranked, choice
        return known[1].worths_within(room)


def _by_kind(candidates: CandidateTable, cuttables: Sequence[CuttableBlock]) -> dict[Kind, CandidateTable]:
    """The candidates of each kind of text."""
    kinds = [cuttable.block.kind for cuttable in cuttables]
    found = {}
    for kind in dict.fromkeys(kinds):
        of_kind = candidates.where(np.array([one is kind for one in kinds])[candidates.texts])
        if len(of_kind):
            found[kind] = of_kind
    return found
