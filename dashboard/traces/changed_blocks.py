"""Blocks whose fate or size differs between two ways to send a prompt, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from dashboard.traces.blocks import BlockRow, block_rows
from optimizer_app.playground.comparison import ChangedBlock, StoredBlock

MAX_CHANGED = 60


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A block on both sides; a side that has no such block is None."""

    number: int
    first: BlockRow | None
    second: BlockRow | None

    @property
    def either(self) -> BlockRow | None:
        return self.first or self.second


def changed_rows(changed: Iterable[ChangedBlock]) -> list[ChangedRow]:
    """The first of them."""
    return [
        ChangedRow(number, _row(first), _row(second))
        for number, first, second in islice(changed, MAX_CHANGED)
    ]


def _row(block: StoredBlock | None) -> BlockRow | None:
    return None if block is None else block_rows([dict(block)])[0]
