"""The greedy choice over all passages of a prompt: the one with the most new worth per token goes first.

Facts count once, so the objective is submodular, and a lazy greedy choice by worth per token is the usual
approximation for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD
2007).

What a passage costs depends on what is kept already: a marker less where it closes a gap, a marker more
where it opens one, and the whole frame of an old turn or a document if it is the first that stays of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from math import inf

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.selection.candidate_table import Candidate, CandidateTable, Frame
from token_optimizer.text.numbered_words import Numbers

# The state of a choice is saved after so many steps, but at most so often.
_SAVE_EVERY, _MAX_SAVED = 64, 16
# After so many passages that did not fit all others that do not are looked for at once.
_MANY_UNFIT = 16
# Values are counted in units so small.
_UNITS = 1 << 30
_ROUNDING = 1e-8


def choose(
    candidates: Sequence[Candidate],
    room_tokens: int,
    frames: Mapping[Frame, int],
    covered: Set[str] = frozenset(),
) -> set[tuple[int, int]]:
    """The (text, place) pairs worth keeping within so many tokens, as a `GreedyChoice` says."""
    return set(GreedyChoice(CandidateTable.of(candidates), frames, covered).worths_within(room_tokens))


class GreedyChoice:
    """The choice among these candidates.

    `frames` says what opening each costs, and `covered` are the facts that stay in any case. From the worth
    `floor` on, per token of its own, a passage stays whatever the room: what stands around it makes it no
    less needed. Steps that are the same for one room as for another are made once.
    """

    def __init__(
        self,
        candidates: CandidateTable,
        frames: Mapping[Frame, int],
        covered: Set[str] = frozenset(),
        floor: float = inf,
    ) -> None:
        self._pairs = list(zip(candidates.texts.tolist(), candidates.places.tolist(), strict=True))
        self._has_floor = floor < inf
        tokens = candidates.tokens
        # Whole units are added and subtracted without an error, in whatever order.
        floor_values = (
            floor * tokens * _UNITS * (1 - _ROUNDING) if self._has_floor else np.full(len(tokens), inf)
        )
        self._floor_values = floor_values.tolist()
        self._least_costs = np.maximum(tokens // 2, 1).tolist()
        self._gap_tokens = candidates.gap_tokens.tolist()
        self._joined = candidates.joined()
        self._frame_of = candidates.frames.tolist()
        self._plain_costs = (tokens - candidates.gap_tokens).tolist()
        self._members = candidates.members()
        self._said = _Said.by(candidates, covered)
        self._save_every = max(_SAVE_EVERY, len(self._pairs) // _MAX_SAVED)
        self._saved = [self._first_state(candidates, frames)]

    def worths_within(self, room_tokens: int) -> dict[tuple[int, int], float]:
        """The (text, place) pairs worth keeping within so many tokens, each with what a token of it was worth
        when it was chosen."""
        self._saved = [state for state in self._saved if state.leads_to(room_tokens)]
        state = self._saved[-1].copy()
        while self._keep_some(state, room_tokens):
            self._saved.append(state.copy())
        return {self._pairs[number]: worth for number, worth in state.kept_worths.items()}

    def _keep_some(self, state: _State, room_tokens: int) -> bool:
        """Keep the next passages that are worth it, up to the next state that is saved; whether that came."""
        settled, costs, values = state.settled, state.costs, state.values
        floor_values, least_costs, has_floor = self._floor_values, self._least_costs, self._has_floor
        left = self._save_every
        while (heap := state.heap) and ((room := room_tokens - state.spent) > 0 or has_floor):
            known, number = heap[0]
            if settled[number]:
                heappop(heap)
                continue
            value, cost, least_cost = values[number], costs[number], least_costs[number]
            if cost > room and value < floor_values[number]:
                self._drop_unfit(state, room)
                continue
            now = -value / (cost if cost > least_cost else least_cost)
            if now > known:
                heapreplace(heap, (now, number))
                continue
            heappop(heap)
            if cost <= room and state.spent + max(1, cost) > state.min_room:
                state.min_room = state.spent + max(1, cost)
            state.kept_worths[number] = -now / _UNITS
            self._take(state, number)
            left -= 1
            if not left:
                return True
        return False

    def _drop_unfit(self, state: _State, room: int) -> None:
        """Take off the heap what neither fits nor is worth the floor: the first of it, or all where there was
        much. What becomes cheaper later comes back."""
        state.unfit += 1
        costs, values, floor_values = state.costs, state.values, self._floor_values
        least_cost = costs[heappop(state.heap)[1]]
        if state.unfit >= _MANY_UNFIT:
            fitting: list[tuple[float, int]] = []
            for entry in state.heap:
                number = entry[1]
                if state.settled[number]:
                    continue
                if costs[number] <= room or values[number] >= floor_values[number]:
                    fitting.append(entry)
                else:
                    least_cost = min(least_cost, costs[number])
            state.heap, state.unfit = fitting, 0
            heapify(fitting)
        state.max_room = min(state.max_room, state.spent + least_cost - 1)

    def _take(self, state: _State, number: int) -> None:
        state.settled[number] = True
        state.spent += state.costs[number]
        self._said.cover(number, state.covered, state.values)
        frame = self._frame_of[number]
        if frame in state.closed:
            self._open(state, frame)
        gap_tokens = self._gap_tokens[number]
        for other, is_beside in ((number - 1, self._joined[number]), (number + 1, self._joined[number + 1])):
            if is_beside:
                # A marker less.
                state.gaps[other] -= 1
                if gap_tokens and not state.settled[other]:
                    self._set_cost(state, other, state.costs[other] - gap_tokens)

    def _open(self, state: _State, frame: int) -> None:
        """Take what the frame costs off all that stands in it."""
        del state.closed[frame]
        for number in self._members[frame]:
            if not state.settled[number]:
                gaps = state.gaps[number] * self._gap_tokens[number]
                self._set_cost(state, number, self._plain_costs[number] + gaps)

    def _set_cost(self, state: _State, number: int, cost: int) -> None:
        """Put a passage that costs less now where its worth is on the heap."""
        state.costs[number] = cost
        least_cost = self._least_costs[number]
        heappush(state.heap, (-state.values[number] / (cost if cost > least_cost else least_cost), number))

    def _first_state(self, candidates: CandidateTable, frames: Mapping[Frame, int]) -> _State:
        """Nothing is kept, and all frames are closed. Markers count in what a passage costs, or only crumbs
        would be kept."""
        closed = {
            number: frames[frame] for number, frame in enumerate(candidates.frame_names) if frame in frames
        }
        joined = np.array(self._joined, np.int64)
        gaps = joined[:-1] + joined[1:]
        of_frames = np.array([closed.get(number, -1) for number in range(len(candidates.frame_names))] + [-1])
        around = of_frames[candidates.frames]
        costs = candidates.tokens + np.where(
            around >= 0, around + 2 * candidates.gap_tokens, (gaps - 1) * candidates.gap_tokens
        )
        values = self._said.values
        worths = values / np.maximum(costs, self._least_costs)
        heap = list(zip((-worths).tolist(), range(len(self._pairs)), strict=True))
        heapify(heap)
        settled = bytearray((candidates.values < 0).tobytes())
        covered = bytearray(self._said.covered)
        return _State(settled, gaps.tolist(), costs.tolist(), values.tolist(), closed, covered, heap)


@dataclass(frozen=True, slots=True)
class _Said:
    """What passages are worth, in units, and what they say: the facts of passage `n` are those from
    `starts[n]` to `starts[n + 1]`; and by fact the passages that say it, and the units that this adds."""

    values: NDArray[np.int64]
    covered: bytes
    starts: list[int]
    facts: list[int]
    fact_starts: list[int]
    sayers: list[int]
    units: list[int]

    @classmethod
    def by(cls, candidates: CandidateTable, covered: Set[str]) -> _Said:
        """What the candidates say, where these facts are `covered`."""
        facts = candidates.facts
        is_covered = np.fromiter(map(covered.__contains__, facts.names), bool, len(facts.names))
        new = facts.where(~is_covered[facts.numbers])
        units = (new.weights * _UNITS).astype(np.int64)
        said_units = np.bincount(new.owners, units, minlength=len(candidates))
        own_units = (np.maximum(candidates.values, 0.0) * _UNITS).astype(np.int64)
        by_fact = np.argsort(new.numbers, kind="stable")
        return cls(
            own_units + said_units.astype(np.int64),
            is_covered.tobytes(),
            _starts(new.owners, len(candidates)),
            new.numbers.tolist(),
            _starts(new.numbers, len(facts.names)),
            new.owners[by_fact].tolist(),
            units[by_fact].tolist(),
        )

    def cover(self, number: int, covered: bytearray, values: list[int]) -> None:
        """Count what this passage says as said: that is worth nothing any more elsewhere."""
        for fact in self.facts[self.starts[number] : self.starts[number + 1]]:
            if not covered[fact]:
                covered[fact] = True
                start, end = self.fact_starts[fact], self.fact_starts[fact + 1]
                for other, units in zip(self.sayers[start:end], self.units[start:end], strict=True):
                    values[other] -= units


def _starts(numbers: Numbers, count: int) -> list[int]:
    """Where each of so many numbers starts among these, once they are in order; and where the last ends."""
    return [0, *np.cumsum(np.bincount(numbers, minlength=count)).tolist()]


@dataclass(slots=True)
class _State:
    """Where a choice has come to: which passages are `settled`, kept or out for good, how many neighbours
    each has that are not kept, what each would cost and be worth, the frames still `closed` and the facts
    `covered`.

    The heap has what each token of a passage was worth at some time: since then facts may have been covered,
    and neighbours kept. Of what does not fit, `unfit` were dropped one by one. The steps that led here are
    the same for all rooms from `min_room` to `max_room`.
    """

    settled: bytearray
    gaps: list[int]
    costs: list[int]
    values: list[int]
    closed: dict[int, int]
    covered: bytearray
    heap: list[tuple[float, int]]
    kept_worths: dict[int, float] = field(default_factory=dict)
    spent: int = 0
    unfit: int = 0
    min_room: float = -inf
    max_room: float = inf

    def copy(self) -> _State:
        """The same, to go on from."""
        return _State(
            self.settled[:],
            self.gaps[:],
            self.costs[:],
            self.values[:],
            self.closed.copy(),
            self.covered[:],
            self.heap[:],
            self.kept_worths.copy(),
            self.spent,
            self.unfit,
            self.min_room,
            self.max_room,
        )

    def leads_to(self, room_tokens: int) -> bool:
        """Whether a choice for this room comes by here."""
        return self.min_room <= room_tokens <= self.max_room
