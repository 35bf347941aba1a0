"""Two requests side by side, block by block: which blocks went in one and stood in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.traces.blocks import BlockRow, block_rows, group_label
from optimizer_app.models import RequestTrace
from optimizer_app.traces.comparison import paired_blocks


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
    ones, others = block_rows(first.blocks), block_rows(second.blocks)
    pairs = [
        Pair(None if one is None else ones[one], None if other is None else others[other])
        for one, other in paired_blocks(first.blocks, second.blocks)
    ]
    differing = [pair for pair in pairs if pair.differs]
    return Comparison(differing, len(pairs) - len(differing))


def _state(row: BlockRow | None) -> tuple[str, int, int] | None:
    return None if row is None else (row.fate, row.before, row.after)
