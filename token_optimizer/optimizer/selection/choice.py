"""The greedy choice over all passages of a prompt: the one with the most new worth per token goes first.

Facts count once, so the objective is submodular, and a lazy greedy choice by worth per token is the usual
approximation for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD
2007).

What a passage costs depends on what is kept already: a marker less where it closes a gap, a marker more
where it opens one, and the whole frame of an old turn or a document if it is the first that stays of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import inf
from typing import Literal, NamedTuple

from token_optimizer.optimizer.markers import marker_tokens

# The state of a choice is saved after so many steps, but at most so often.
_SAVE_EVERY, _MAX_SAVED = 64, 16
# What the sum of the same worths may differ by in another order.
_ROUNDING = 1e-9


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
        self._floor = floor
        self._may_reach_floor = [
            item.value + sum(item.facts.values()) >= floor * item.tokens * (1 - _ROUNDING)
            for item in candidates
        ]
        self._neighbors = _neighbors(candidates)
        self._members: dict[Frame, list[int]] = {}
        for number, item in enumerate(candidates):
            if item.frame is not None and item.frame in frames:
                self._members.setdefault(item.frame, []).append(number)
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
        heap, costs, known, covered = state.heap, state.costs, state.known, state.covered
        room, floor = room_tokens - state.spent, self._floor
        while heap and (room > 0 or floor < inf):
            worth, number = heappop(heap)
            item = self._candidates[number]
            new = item.value
            if state.kept[number] or new < 0:
                continue
            if costs[number] > room and not self._may_reach_floor[number]:
                state.max_room = min(state.max_room, state.spent + costs[number] - 1)
                continue
            if item.facts:
                new += sum([weight for fact, weight in item.facts.items() if fact not in covered])
            now = worth
            if item.facts or worth != known[number]:
                now = -new / max(costs[number], item.tokens // 2, 1)
            if heap and now > heap[0][0] and now > worth:
                heappush(heap, (now, number))
            elif costs[number] <= room:
                state.min_room = max(state.min_room, state.spent + max(1, costs[number]))
                self._take(state, number, -now)
                return True
            elif new >= floor * item.tokens:
                self._take(state, number, -now)
                return True
            else:
                state.max_room = min(state.max_room, state.spent + costs[number] - 1)
        return False

    def _take(self, state: _State, number: int, worth: float) -> None:
        item = self._candidates[number]
        state.kept[number] = True
        state.kept_worths[number] = worth
        state.spent += state.costs[number]
        state.covered.update(item.facts)
        for near in self._neighbors[number]:
            state.gaps[near] -= 1
        cheaper: Iterable[int] = self._neighbors[number]
        if item.frame is not None and item.frame in state.closed:
            del state.closed[item.frame]
            cheaper = self._members[item.frame]
        for other in cheaper:
            if not state.kept[other]:
                self._weigh(state, other)
                heappush(state.heap, (state.known[other], other))

    def _weigh(self, state: _State, number: int) -> None:
        """Note what the prompt would grow by with the passage now, and what that is worth per token: markers
        count too, or only crumbs would be kept."""
        item = self._candidates[number]
        frame_tokens = state.closed.get(item.frame) if item.frame is not None else None
        if frame_tokens is not None:
            cost = item.tokens + frame_tokens + 2 * item.gap_tokens
        elif item.gap_tokens:
            cost = item.tokens + (state.gaps[number] - 1) * item.gap_tokens
        else:
            cost = item.tokens
        value = item.value
        if item.facts:
            covered = state.covered
            value += sum([weight for fact, weight in item.facts.items() if fact not in covered])
        state.costs[number] = cost
        state.known[number] = -value / max(cost, item.tokens // 2, 1)

    def _first_state(self, frames: Mapping[Frame, int], covered: Set[str]) -> _State:
        """Nothing is kept, and all frames are closed."""
        count = len(self._candidates)
        gaps = [len(near) for near in self._neighbors]
        state = _State(bytearray(count), gaps, [0] * count, [0.0] * count, dict(frames), set(covered))
        for number in range(count):
            self._weigh(state, number)
        # What each was worth when it was put on the heap last: without facts it is worth that until then.
        state.heap = list(zip(state.known, range(count), strict=True))
        heapify(state.heap)
        return state


@dataclass(slots=True)
class _State:
    """Where a choice has come to: what is `kept`, how many neighbours each passage has that are not, what
    each would cost and be worth as it was `known` last, the frames still `closed` and the facts `covered`.

    The steps that led here are the same for all rooms from `min_room` to `max_room`.
    """

    kept: bytearray
    gaps: list[int]
    costs: list[int]
    known: list[float]
    closed: dict[Frame, int]
    covered: set[str]
    heap: list[tuple[float, int]] = field(default_factory=list)
    kept_worths: dict[int, float] = field(default_factory=dict)
    spent: int = 0
    min_room: float = -inf
    max_room: float = inf

    def copy(self) -> _State:
        """The same, to go on from."""
        return _State(
            self.kept[:],
            self.gaps[:],
            self.costs[:],
            self.known[:],
            self.closed.copy(),
            self.covered.copy(),
            self.heap[:],
            self.kept_worths.copy(),
            self.spent,
            self.min_room,
            self.max_room,
        )

    def leads_to(self, room_tokens: int) -> bool:
        """Whether a choice for this room comes by here."""
        return self.min_room <= room_tokens <= self.max_room


def _neighbors(candidates: Sequence[Candidate]) -> list[tuple[int, ...]]:
    """The numbers of the passages right before and behind each one."""
    joins = [one[0] == other[0] and one[1] + 1 == other[1] for one, other in pairwise(candidates)]
    before, behind = [False, *joins], [*joins, False]
    around = enumerate(zip(before, behind, strict=True)) if candidates else ()
    return [(number - 1,) * first + (number + 1,) * last for number, (first, last) in around]
