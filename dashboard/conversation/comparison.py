"""Two requests side by side, block by block: which blocks went in one and stood in the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.traces.blocks import BlockRow, block_rows, group_label
from optimizer_app.models import RequestTrace

Place = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """The block of one place in both prompts; None where only the other has one there."""

    first: BlockRow | None
    second: BlockRow | None

    @property
    def row(self) -> BlockRow:
        found = self.second or self.first
        assert found is not None
        return found

    @property
    def what(self) -> str:
        return f"{group_label(self.row.group, last_turn=0)} · {self.row.what}"

    @property
    def differs(self) -> bool:
        return _state(self.first) != _state(self.second)

    @property
    def change(self) -> int:
        """How many tokens more the second sent of it."""
        return (self.second.after if self.second else 0) - (self.first.after if self.first else 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`pairs` are those that differ, in the order of the prompt; `same` counts the others."""

    pairs: Sequence[Pair]
    same: int


def compare(first: RequestTrace, second: RequestTrace) -> Comparison:
    """The blocks of both by their places, in the order of the second; those that it lacks come last."""
    ones, others = _by_place(first), _by_place(second)
    places = [*others, *(place for place in ones if place not in others)]
    pairs = [Pair(ones.get(place), others.get(place)) for place in places]
    differing = [pair for pair in pairs if pair.differs]
    return Comparison(differing, len(pairs) - len(differing))


def _by_place(trace: RequestTrace) -> dict[Place, BlockRow]:
    """A block's place is the how-manieth of its type and kind it is in its turn: ids shift from turn to turn,
    since the tools come after the messages."""
    found: dict[Place, BlockRow] = {}
    count: Counter[tuple[str, str, str]] = Counter()
    for row in block_rows(trace.blocks):
        part = (row.group, row.type, row.kind)
        count[part] += 1
        found[*part, count[part]] = row
    return found


def _state(row: BlockRow | None) -> tuple[str, int, int] | None:
    return None if row is None else (row.fate, row.before, row.after)
