"""The passages that may be kept, in arrays: a prompt has thousands of them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.markers import marker_tokens
from token_optimizer.optimizer.relevance.bm25 import Scores
from token_optimizer.text.numbered_words import Numbers, Occurrences

Mask = NDArray[np.bool_]
NO_FRAME = -1


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


@dataclass(frozen=True, slots=True)
class FactTable:
    """What passages say, a row for each passage and fact, in the order of the passages: the number of the
    passage, that of the fact among the `names`, and what it is worth to have it said there."""

    names: Sequence[str]
    owners: Numbers
    numbers: Numbers
    weights: Scores

    @classmethod
    def of(cls, said: Sequence[Mapping[str, float]]) -> FactTable:
        """The facts of each passage, with their weights."""
        facts = list(chain.from_iterable(said)) if any(said) else []
        if not facts:
            return cls([], np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        number_of = {name: number for number, name in enumerate(dict.fromkeys(facts))}
        numbers = np.fromiter(map(number_of.__getitem__, facts), np.int64, len(facts))
        weights = np.fromiter(chain.from_iterable(one.values() for one in said), float, len(facts))
        sizes = np.fromiter(map(len, said), np.int64, len(said))
        return cls(list(number_of), np.repeat(np.arange(len(said)), sizes), numbers, weights)

    def with_names(self, mentioned: Occurrences[tuple[str, str, float]], weights: Scores) -> FactTable:
        """The same with the names that passages mention, where the passage has a weight for that."""
        said = [fact for _, fact, _ in mentioned.values]
        number_of = {name: number for number, name in enumerate(dict.fromkeys([*self.names, *said]))}
        shares = np.array([share for _, _, share in mentioned.values], float)
        numbers = np.array([number_of[fact] for fact in said], np.int64)[mentioned.numbers]
        rows = _last_of_each(mentioned.text_numbers, numbers)
        rows = rows[weights[mentioned.text_numbers[rows]] > 0]
        owners = mentioned.text_numbers[rows]
        more = weights[owners] * shares[mentioned.numbers[rows]]
        in_order = np.argsort(np.concatenate((self.owners, owners)), kind="stable")
        return FactTable(
            list(number_of),
            np.concatenate((self.owners, owners))[in_order],
            np.concatenate((self.numbers, numbers[rows]))[in_order],
            np.concatenate((self.weights, more))[in_order],
        )

    def where(self, wanted: Mask) -> FactTable:
        """Only these rows."""
        return replace(
            self, owners=self.owners[wanted], numbers=self.numbers[wanted], weights=self.weights[wanted]
        )

    def weighed(self, factors: Scores) -> FactTable:
        """The same, each fact with its weight times its factor."""
        return replace(self, weights=self.weights * factors[self.numbers])


def _last_of_each(owners: Numbers, numbers: Numbers) -> Numbers:
    """The rows of the last mention of each fact in each passage, in the order of the passages."""
    count = max(1, len(owners))
    keys = (owners * (int(numbers.max(initial=0)) + 1) + numbers) * count + np.arange(len(owners))
    keys, rows = np.divmod(np.sort(keys), count)
    last: Numbers = rows[np.append(keys[1:] != keys[:-1], True)[: len(rows)]]
    return last


@dataclass(frozen=True, slots=True)
class CandidateTable:
    """Passages as `Candidate` describes each, in the order of their texts and places. `frames` are numbers
    among the `frame_names`, or -1."""

    texts: Numbers
    places: Numbers
    tokens: Numbers
    values: Scores
    facts: FactTable
    frames: Numbers
    frame_names: Sequence[Frame]
    gap_tokens: Numbers

    @classmethod
    def of(cls, items: Sequence[Candidate]) -> CandidateTable:
        """The table of these candidates."""
        number_of: dict[Frame, int] = {}
        frames = [
            NO_FRAME if item.frame is None else number_of.setdefault(item.frame, len(number_of))
            for item in items
        ]
        return cls(
            np.array([item.text for item in items], np.int64),
            np.array([item.place for item in items], np.int64),
            np.array([item.tokens for item in items], np.int64),
            np.array([item.value for item in items], float),
            FactTable.of([item.facts for item in items]),
            np.array(frames, np.int64),
            list(number_of),
            np.array([item.gap_tokens for item in items], np.int64),
        )

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, wanted: Mask) -> CandidateTable:
        """Only these candidates."""
        numbers = np.cumsum(wanted) - 1
        facts = self.facts.where(wanted[self.facts.owners])
        return replace(
            self,
            texts=self.texts[wanted],
            places=self.places[wanted],
            tokens=self.tokens[wanted],
            values=self.values[wanted],
            facts=replace(facts, owners=numbers[facts.owners]),
            frames=self.frames[wanted],
            gap_tokens=self.gap_tokens[wanted],
        )

    def raised(self, by: Scores, *, unframed: Mask) -> CandidateTable:
        """The same, each worth so much more, and some of them without their frames."""
        return replace(self, values=self.values + by, frames=np.where(unframed, NO_FRAME, self.frames))

    def weighs_like(self, other: CandidateTable) -> bool:
        """Whether candidates of the same prompt have the same values and frames there."""
        return np.array_equal(self.values, other.values) and np.array_equal(self.frames, other.frames)

    def are_among(self, pairs: Container[tuple[int, int]]) -> Mask:
        """For each candidate whether its text and place are one of these pairs."""
        own = zip(self.texts.tolist(), self.places.tolist(), strict=True)
        return np.fromiter(map(pairs.__contains__, own), bool, len(self))

    def joined(self) -> list[bool]:
        """For each passage whether it stands right behind the one before it; and False for what would
        follow."""
        same_text = self.texts[1:] == self.texts[:-1]
        joins = same_text & (self.places[:-1] + 1 == self.places[1:])
        return [False, *joins.tolist(), False] if len(self) else [False]

    def members(self) -> dict[int, list[int]]:
        """The numbers of the candidates that stand in each frame."""
        framed = np.flatnonzero(self.frames >= 0)
        by_frame = framed[np.argsort(self.frames[framed], kind="stable")]
        found, first = np.unique(self.frames[by_frame], return_index=True)
        parts = np.split(by_frame, first[1:])
        return {frame: part.tolist() for frame, part in zip(found.tolist(), parts, strict=False)}
