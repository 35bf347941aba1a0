"""The greedy choice over all passages of a prompt: the one with the most new worth per token goes first.

Facts count once, so the objective is submodular, and a lazy greedy choice by worth per token is the usual
approximation for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD
2007).

What a passage costs depends on what is kept already: a marker less where it closes a gap, a marker more
where it opens one, and the whole frame of an old turn or a document if it is the first that stays of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from itertools import compress, pairwise
from math import inf
from operator import truediv
from typing import Literal, NamedTuple

from token_optimizer.optimizer.markers import marker_tokens

# The state of a choice is saved after so many steps, but at most so often.
_SAVE_EVERY, _MAX_SAVED = 64, 16
# After so many passages that did not fit all others that do not are looked for at once.
_MANY_UNFIT = 16
# Values are counted in units so small.
_UNITS = 1 << 30
_ROUNDING = 1e-8


class Frame(NamedTuple):
    """What stands around passages and is paid for with the first that is kept: an old turn's messages, by
    the turn's number, or what every text of a kind has besides passages, by the block's index."""

    kind: Literal["turn", "text"]
    number: int


class Candidate(NamedTuple):
    """A passage that may be kept: its text's number, its place there, and the frame it stands in, if any.

    `gap_tokens` is what a marker costs where a run of passages is cut.
    """

    text: int
    place: int
    tokens: int
    value: float
    facts: Mapping[str, float]
    frame: Frame | None = None
    gap_tokens: int = marker_tokens(show_handle=False)


def choose(
    candidates: Sequence[Candidate],
    room_tokens: int,
    frames: Mapping[Frame, int],
    covered: Set[str] = frozenset(),
) -> set[tuple[int, int]]:
    """The (text, place) pairs worth keeping within so many tokens, as a `GreedyChoice` says."""
    return set(GreedyChoice(candidates, frames, covered).worths_within(room_tokens))


class GreedyChoice:
    """The choice among these candidates, which stand in the order of their texts and places.

    `frames` says what opening each costs, and `covered` are the facts that stay in any case. From the worth
    `floor` on, per token of its own, a passage stays whatever the room: what stands around it makes it no
    less needed. Steps that are the same for one room as for another are made once.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        frames: Mapping[Frame, int],
        covered: Set[str] = frozenset(),
        floor: float = inf,
    ) -> None:
        self._candidates = candidates
        self._has_floor = floor < inf
        # Whole units are added and subtracted without an error, in whatever order.
        self._floor_values = [floor * item.tokens * _UNITS * (1 - _ROUNDING) for item in candidates]
        self._least_costs = [max(item.tokens // 2, 1) for item in candidates]
        self._joined = _joined(candidates)
        self._members: dict[Frame, list[int]] = {}
        for number, item in enumerate(candidates):
            if item.frame is not None and item.frame in frames:
                self._members.setdefault(item.frame, []).append(number)
        self._values, self._mentions = _values(candidates, covered)
        self._save_every = max(_SAVE_EVERY, len(candidates) // _MAX_SAVED)
        self._saved = [self._first_state(frames, covered)]

    def worths_within(self, room_tokens: int) -> dict[tuple[int, int], float]:
        """The (text, place) pairs worth keeping within so many tokens, each with what a token of it was worth
        when it was chosen."""
        self._saved = [state for state in self._saved if state.leads_to(room_tokens)]
        state = self._saved[-1].copy()
        while self._keep_next(state, room_tokens):
            if len(state.kept_worths) >= len(self._saved[-1].kept_worths) + self._save_every:
                self._saved.append(state.copy())
        return {self._candidates[number][:2]: worth for number, worth in state.kept_worths.items()}

    def _keep_next(self, state: _State, room_tokens: int) -> bool:
        """Keep the next passage that is worth it; whether there was one."""
        room = room_tokens - state.spent
        while (heap := state.heap) and (room > 0 or self._has_floor):
            known, number = heap[0]
            if state.settled[number]:
                heappop(heap)
                continue
            value, cost = state.values[number], state.costs[number]
            if cost > room and value < self._floor_values[number]:
                self._drop_unfit(state, room)
                continue
            now = -value / max(cost, self._least_costs[number])
            if now > known:
                heapreplace(heap, (now, number))
                continue
            heappop(heap)
            if cost <= room:
                state.min_room = max(state.min_room, state.spent + max(1, cost))
            self._take(state, number, -now / _UNITS)
            return True
        return False

    def _drop_unfit(self, state: _State, room: int) -> None:
        """Take off the heap what neither fits nor is worth the floor: the first of it, or all where there was
        much. What becomes cheaper later comes back."""
        state.unfit += 1
        dropped = [heappop(state.heap)[1]]
        if state.unfit >= _MANY_UNFIT:
            left = [entry for entry in state.heap if not state.settled[entry[1]]]
            fits = [
                state.costs[number] <= room or state.values[number] >= self._floor_values[number]
                for _, number in left
            ]
            dropped += [number for (_, number), is_fit in zip(left, fits, strict=True) if not is_fit]
            state.heap, state.unfit = list(compress(left, fits)), 0
            heapify(state.heap)
        least_cost = min([state.costs[number] for number in dropped])
        state.max_room = min(state.max_room, state.spent + least_cost - 1)

    def _take(self, state: _State, number: int, worth: float) -> None:
        item = self._candidates[number]
        state.settled[number] = True
        state.kept_worths[number] = worth
        state.spent += state.costs[number]
        for fact in item.facts:
            if fact not in state.covered:
                state.covered.add(fact)
                for other, units in self._mentions[fact]:
                    state.values[other] -= units
        if item.frame is not None and item.frame in state.closed:
            self._open(state, item.frame)
        if self._joined[number]:
            self._make_cheaper(state, number - 1, item.gap_tokens)
        if self._joined[number + 1]:
            self._make_cheaper(state, number + 1, item.gap_tokens)

    def _open(self, state: _State, frame: Frame) -> None:
        """Take what the frame costs off all that stands in it."""
        del state.closed[frame]
        for number in self._members[frame]:
            if not state.settled[number]:
                state.costs[number] = self._cost(state, number)
                self._push(state, number)

    def _make_cheaper(self, state: _State, number: int, tokens: int) -> None:
        """Take a marker off what the passage costs, beside which one is kept."""
        state.gaps[number] -= 1
        if tokens and not state.settled[number]:
            state.costs[number] -= tokens
            self._push(state, number)

    def _push(self, state: _State, number: int) -> None:
        worth = state.values[number] / max(state.costs[number], self._least_costs[number])
        heappush(state.heap, (-worth, number))

    def _cost(self, state: _State, number: int) -> int:
        """What the prompt would grow by with the passage now: markers count too, or only crumbs would be
        kept."""
        item = self._candidates[number]
        frame_tokens = state.closed.get(item.frame) if item.frame is not None else None
        if frame_tokens is not None:
            return item.tokens + frame_tokens + 2 * item.gap_tokens
        return item.tokens + (state.gaps[number] - 1) * item.gap_tokens

    def _first_state(self, frames: Mapping[Frame, int], covered: Set[str]) -> _State:
        """Nothing is kept, and all frames are closed."""
        settled = bytearray(item.value < 0 for item in self._candidates)
        gaps = [before + behind for before, behind in pairwise(self._joined)]
        state = _State(settled, gaps, [], self._values[:], dict(frames), set(covered))
        state.costs = [self._cost(state, number) for number in range(len(self._candidates))]
        worths = map(truediv, state.values, map(max, state.costs, self._least_costs))
        state.heap = [(-worth, number) for number, worth in enumerate(worths)]
        heapify(state.heap)
        return state


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
    closed: dict[Frame, int]
    covered: set[str]
    heap: list[tuple[float, int]] = field(default_factory=list)
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
            self.covered.copy(),
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


def _joined(candidates: Sequence[Candidate]) -> list[bool]:
    """For each passage whether it stands right behind the one before it; and False for what would follow."""
    joins = [one[0] == other[0] and one[1] + 1 == other[1] for one, other in pairwise(candidates)]
    return [False, *joins, False] if candidates else [False]


def _values(
    candidates: Sequence[Candidate], covered: Set[str]
) -> tuple[list[int], dict[str, list[tuple[int, int]]]]:
    """What each passage is worth, in units; and by fact that is not covered the passages that mention it,
    each with the units that this adds."""
    values: list[int] = []
    mentions: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, item in enumerate(candidates):
        value = int(max(item.value, 0.0) * _UNITS)
        for fact, weight in item.facts.items():
            if fact not in covered:
                units = int(weight * _UNITS)
                value += units
                mentions[fact].append((number, units))
        values.append(value)
    return values, mentions
