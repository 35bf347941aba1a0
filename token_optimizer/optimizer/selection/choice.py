"""The greedy choice over all passages of a prompt: the one with the most new worth per token goes first.

Facts count once, so the objective is submodular, and a lazy greedy choice by worth per token is the usual
approximation for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD
2007).

What a passage costs depends on what is kept already: a marker less where it closes a gap, a marker more
where it opens one, and the whole frame of an old turn or a document if it is the first that stays of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush, heapreplace
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.selection.candidate_table import (
    Candidate,
    CandidateTable,
    FactTable,
    Frame,
    Mask,
)
from token_optimizer.text.numbered_words import Numbers

# The state of a choice is saved after so many steps, but at most so often.
_SAVE_EVERY, _MAX_SAVED = 64, 16
# After so many passages that did not fit all others that do not are looked for at once.
_MANY_UNFIT = 16
# Values are counted in units so small.
_UNITS = 1 << 30
_ROUNDING = 1e-8
# The price of a frame that costs nothing more.
_OPEN = -1


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
    less needed. What the floor keeps by itself comes first, and the others take the room that it leaves.
    Steps that are the same for one room as for another are made once.
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
        settled, costs, values, heap = state.settled, state.costs, state.values, state.heap
        floor_values, least_costs, has_floor = self._floor_values, self._least_costs, self._has_floor
        kept_worths, take, spent, min_room = state.kept_worths, self._take, state.spent, state.min_room
        left = self._save_every
        while heap and (spent < room_tokens or has_floor):
            known, number = heap[0]
            if settled[number]:
                heappop(heap)
                continue
            value, cost, least_cost = values[number], costs[number], least_costs[number]
            if cost > room_tokens - spent and value < floor_values[number]:
                self._drop_unfit(state, room_tokens - spent)
                heap = state.heap
                continue
            now = -value / (cost if cost > least_cost else least_cost)
            if now > known:
                heapreplace(heap, (now, number))
                continue
            heappop(heap)
            if cost <= room_tokens - spent and spent + max(1, cost) > min_room:
                min_room = state.min_room = spent + max(1, cost)
            kept_worths[number] = -now / _UNITS
            take(state, number)
            spent = state.spent
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
        settled, costs = state.settled, state.costs
        settled[number] = True
        state.spent += costs[number]
        self._said.cover(number, state.covered, state.values)
        frame = self._frame_of[number]
        if frame in state.closed:
            self._open(state, frame)
        gap_tokens = self._gap_tokens[number]
        for other, is_beside in ((number - 1, self._joined[number]), (number + 1, self._joined[number + 1])):
            if is_beside:
                # A marker less.
                state.gaps[other] -= 1
                if gap_tokens and not settled[other]:
                    self._set_cost(state, other, costs[other] - gap_tokens)

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
        """What is worth the floor whatever else is said is kept: of a long prompt that is most of what stays,
        and none of it has to be compared. Of all others is known what they are worth beside it."""
        said, may_stay = self._said, candidates.values >= 0
        is_kept = may_stay & (said.own_values >= self._floor_values)
        prices = _Prices.beside(is_kept, candidates, frames, np.array(self._joined[1:-1], bool))
        covered, values = said.covered_by(is_kept)
        weighed = np.maximum(prices.costs, self._least_costs)
        kept, rest = np.flatnonzero(is_kept), np.flatnonzero(may_stay & ~is_kept)
        worths = said.values[kept] / weighed[kept] / _UNITS
        heap = list(zip((-values[rest] / weighed[rest]).tolist(), rest.tolist(), strict=True))
        heapify(heap)
        return _State(
            bytearray((is_kept | ~may_stay).tobytes()),
            prices.gaps.tolist(),
            prices.costs.tolist(),
            values.tolist(),
            prices.closed,
            covered,
            heap,
            dict(zip(kept.tolist(), worths.tolist(), strict=True)),
            prices.spent,
        )


class _Prices(NamedTuple):
    """What each passage costs beside those that are kept, how many neighbours it has that are not, the frames
    that are closed, with what opening each costs, and what is `spent` on those that are kept."""

    costs: Numbers
    gaps: Numbers
    closed: dict[int, int]
    spent: int

    @classmethod
    def beside(
        cls, is_kept: Mask, candidates: CandidateTable, frames: Mapping[Frame, int], joined: Mask
    ) -> _Prices:
        """`joined` says of each passage but the first whether it stands right behind the one before it.
        Markers count in what a passage costs, or only crumbs would be kept."""
        kept, gap_tokens = np.flatnonzero(is_kept), candidates.gap_tokens
        # The last one is that of passages without a frame.
        prices = np.array([*(frames.get(frame, _OPEN) for frame in candidates.frame_names), _OPEN])
        opened, first = np.unique(candidates.frames[kept], return_index=True)
        spent = int(np.where(prices[opened] > _OPEN, prices[opened] + 2 * gap_tokens[kept[first]], 0).sum())
        prices[opened] = _OPEN
        gaps = np.append(0, joined & ~is_kept[:-1]) + np.append(joined & ~is_kept[1:], 0)
        around = prices[candidates.frames]
        costs = candidates.tokens + np.where(around > _OPEN, around + 2 * gap_tokens, (gaps - 1) * gap_tokens)
        # Of two that stand side by side the first one pays for the gap that the other closes.
        spent += int(costs[kept].sum() + gap_tokens[:-1][joined & is_kept[:-1] & is_kept[1:]].sum())
        closed = {number: price for number, price in enumerate(prices.tolist()) if price > _OPEN}
        return cls(costs, gaps, closed, spent)


@dataclass(frozen=True, slots=True)
class _Said:
    """What passages are worth, in units, by themselves and with what they say. `rows` has what is new of it,
    with units for weights. In lists: the facts of passage `n` are those from `starts[n]` to `starts[n + 1]`;
    and by fact the passages that say it, and the units that this adds."""

    own_values: NDArray[np.int64]
    values: NDArray[np.int64]
    rows: FactTable
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
            own_units,
            own_units + said_units.astype(np.int64),
            replace(new, weights=units.astype(float)),
            is_covered.tobytes(),
            _starts(new.owners, len(candidates)),
            new.numbers.tolist(),
            _starts(new.numbers, len(facts.names)),
            new.owners[by_fact].tolist(),
            units[by_fact].tolist(),
        )

    def covered_by(self, is_kept: Mask) -> tuple[bytearray, NDArray[np.int64]]:
        """Which facts are said once these passages are kept, and what each passage is still worth."""
        covered = np.frombuffer(bytearray(self.covered), bool)
        covered[self.rows.numbers[is_kept[self.rows.owners]]] = True
        is_said = covered[self.rows.numbers]
        less = np.bincount(self.rows.owners[is_said], self.rows.weights[is_said], minlength=len(self.values))
        return bytearray(covered.tobytes()), self.values - less.astype(np.int64)

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
