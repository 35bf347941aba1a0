"""The greedy choice over all passages of a prompt: the one with the most new worth per token goes first.

Facts count once, so the objective is submodular, and a lazy greedy choice by worth per token is the usual
approximation for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD
2007).

What a passage costs depends on what is kept already: a marker less where it closes a gap, a marker more
where it opens one, and the whole frame of an old turn or a document if it is the first that stays of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

from token_optimizer.optimizer.markers import marker_tokens


class Frame(NamedTuple):
    """What stands around passages and is paid for with the first that is kept: an old turn's messages, by
    the turn's number, or what every text of a kind has besides passages, by the block's index."""

    kind: Literal["turn", "text"]
    number: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be kept: its text's number, its place there, and the frame it stands in, if any.

    `gap_tokens` is what a marker costs where a run of passages is cut.
    """

    text: int
    place: int
    tokens: int
    value: float
    facts: dict[str, float]
    frame: Frame | None = None
    gap_tokens: int = marker_tokens(show_handle=False)


def choose(
    candidates: Sequence[Candidate],
    room_tokens: int,
    frames: Mapping[Frame, int],
    covered: Set[str] = frozenset(),
) -> set[tuple[int, int]]:
    """The (text, place) pairs worth keeping within so many tokens; `frames` says what opening each costs."""
    return set(worths_of_kept(candidates, room_tokens, frames, covered))


def worths_of_kept(
    candidates: Sequence[Candidate],
    room_tokens: int,
    frames: Mapping[Frame, int],
    covered: Set[str] = frozenset(),
    floor: float = inf,
) -> dict[tuple[int, int], float]:
    """The same pairs, each with what a token of it was worth when it was chosen.

    From the worth `floor` on, per token of its own, a passage stays whatever the room: what stands around it
    makes it no less needed.
    """
    return _GreedyChoice(candidates, frames, covered).kept_within(room_tokens, floor)


class _GreedyChoice:
    """The state of one choice: what is kept, which facts that covers, which frames are still closed."""

    def __init__(
        self, candidates: Sequence[Candidate], frames: Mapping[Frame, int], covered: Set[str]
    ) -> None:
        self._candidates = candidates
        self._closed = dict(frames)
        self._covered = set(covered)
        self._kept = bytearray(len(candidates))
        self._neighbors = _neighbors(candidates)
        self._members: dict[Frame, list[int]] = {}
        for number, item in enumerate(candidates):
            if item.frame is not None and item.frame in frames:
                self._members.setdefault(item.frame, []).append(number)
        self._costs = [self._cost(number) for number in range(len(candidates))]
        # What each was worth when it was put on the heap last: without facts it is worth that until then.
        self._known = [-self._worth(number) for number in range(len(candidates))]
        self._heap = [(worth, number) for number, worth in enumerate(self._known)]
        heapq.heapify(self._heap)

    def kept_within(self, room_tokens: int, floor: float) -> dict[tuple[int, int], float]:
        """The passages that stay, by text and place, with the worth per token that each was kept for."""
        worths: dict[tuple[int, int], float] = {}
        while self._heap and (room_tokens > 0 or floor < inf):
            worth, number = heapq.heappop(self._heap)
            item = self._candidates[number]
            if self._kept[number] or item.value < 0:
                continue
            now = -self._worth(number) if item.facts or worth != self._known[number] else worth
            if self._heap and now > self._heap[0][0] and now > worth:
                heapq.heappush(self._heap, (now, number))
                continue
            cost = self._costs[number]
            if cost <= room_tokens or self._new_value(number) >= floor * item.tokens:
                room_tokens -= cost
                self._take(number)
                worths[item.text, item.place] = -now
        return worths

    def _worth(self, number: int) -> float:
        """New worth per token; markers count too, or only crumbs would be kept."""
        tokens = self._candidates[number].tokens
        return self._new_value(number) / max(self._costs[number], tokens // 2, 1)

    def _new_value(self, number: int) -> float:
        item, covered = self._candidates[number], self._covered
        if not item.facts:
            return item.value
        return item.value + sum([weight for fact, weight in item.facts.items() if fact not in covered])

    def _cost(self, number: int) -> int:
        """Tokens that the prompt grows by when the passage is kept."""
        item = self._candidates[number]
        frame_tokens = self._closed.get(item.frame) if item.frame is not None else None
        if frame_tokens is not None:
            return item.tokens + frame_tokens + 2 * item.gap_tokens
        if not item.gap_tokens:
            return item.tokens
        opens = sum([not self._kept[near] for near in self._neighbors[number]])
        return item.tokens + (opens - 1) * item.gap_tokens

    def _take(self, number: int) -> None:
        item = self._candidates[number]
        self._kept[number] = True
        self._covered.update(item.facts)
        cheaper: Iterable[int] = self._neighbors[number]
        if item.frame is not None and item.frame in self._closed:
            del self._closed[item.frame]
            cheaper = self._members[item.frame]
        for other in cheaper:
            if not self._kept[other]:
                self._costs[other] = self._cost(other)
                self._known[other] = -self._worth(other)
                heapq.heappush(self._heap, (self._known[other], other))


def _neighbors(candidates: Sequence[Candidate]) -> list[tuple[int, ...]]:
    """The numbers of the passages right before and behind each one."""
    numbers = {(item.text, item.place): number for number, item in enumerate(candidates)}
    around = ((item.text, (item.place - 1, item.place + 1)) for item in candidates)
    return [
        tuple([numbers[text, place] for place in places if (text, place) in numbers])
        for text, places in around
    ]
