"""The blocks of a trace as pages show them: numbered rows, groups, folds.

Before: 42 dicts in prompt order. After: groups (System, Tools, Documents, Turn 1 …) whose long stretches of
blocks with one fate and one reason are folded into one row: "14 tools, first sentence kept".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

FOLD_ABOVE = 8
OPEN_UP_TO = 60
MAX_IN_PLACE = 200
_BLOCK_ID = re.compile(r"\bb\d+\b")
FATES = {"kept": "Kept", "rewritten": "Rewritten", "dropped": "Dropped", "added": "Added"}


@dataclass(frozen=True, slots=True)
class OpenedBlock:
    """A block's texts side by side. Those that are too long to show have their lengths instead."""

    sides: Sequence[object]
    before_chars: int = 0
    after_chars: int = 0


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One block, numbered from 1 in prompt order. `opened`: its texts are shown."""

    number: int
    type: str
    kind: str
    fate: str
    frozen: bool
    stage: str
    reason: str
    before: int
    after: int
    group: str
    opened: OpenedBlock | None = None

    @property
    def is_fold(self) -> bool:
        return False

    @property
    def key(self) -> str:
        """Its number, for addresses."""
        return str(self.number)

    @property
    def fate_label(self) -> str:
        return FATES.get(self.fate, self.fate)

    @property
    def why(self) -> str:
        """The reason in words, for the table and the strip."""
        if self.reason:
            return self.reason
        return "sent before, unchanged" if self.frozen else "unchanged" if self.fate == "kept" else ""

    @property
    def what(self) -> str:
        """What the block is, in one or two words: "tool result" is a tool block that is no schema."""
        if self.kind == "framing":
            return "message overhead"
        if self.type == "tool":
            return {"schema": "tool", "call": "tool call"}.get(self.kind, f"tool result, {self.kind}")
        if self.kind in ("prose", "document") or self.kind == self.type:
            return "document" if self.type == "doc" else self.type
        return f"{self.type}, {self.kind}"


@dataclass(frozen=True, slots=True)
class BlockRows:
    """Several blocks, and their tokens together."""

    rows: tuple[BlockRow, ...]

    @property
    def before(self) -> int:
        return sum(row.before for row in self.rows)

    @property
    def after(self) -> int:
        return sum(row.after for row in self.rows)


@dataclass(frozen=True, slots=True)
class Fold(BlockRows):
    """Neighbouring blocks of one fate and reason, shown as one row."""

    @property
    def is_fold(self) -> bool:
        return True

    @property
    def first(self) -> BlockRow:
        return self.rows[0]

    @property
    def last(self) -> BlockRow:
        return self.rows[-1]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def opens_in_place(self) -> bool:
        """Whether its rows are few enough to come all at once."""
        return self.count <= MAX_IN_PLACE

    @property
    def what(self) -> str:
        kinds = {row.what for row in self.rows}
        return f"{kinds.pop()}s" if len(kinds) == 1 else "blocks"


@dataclass(frozen=True, slots=True)
class Group(BlockRows):
    """The blocks of one part of the prompt."""

    key: str
    label: str
    open: bool

    @property
    def lines(self) -> list[BlockRow | Fold]:
        return list(folded(self.rows))


def block_rows(blocks: Iterable[dict[str, Any]]) -> list[BlockRow]:
    """The stored blocks as rows; fields that an older version did not store are empty."""
    stored = list(blocks)
    numbers = {block.get("id", ""): number for number, block in enumerate(stored, 1)}
    return [
        BlockRow(
            number=number,
            type=block.get("type", ""),
            kind=block.get("kind", ""),
            fate=block.get("fate", "kept"),
            frozen=block.get("frozen", False),
            stage=block.get("stage", ""),
            reason=_with_numbers(block.get("reason", ""), numbers),
            before=block.get("tokens_before", 0),
            after=block.get("tokens_after", 0),
            group=_group_key(block),
        )
        for number, block in enumerate(stored, 1)
    ]


def groups(rows: Iterable[BlockRow], opened: frozenset[str] = frozenset()) -> list[Group]:
    """The rows by group, in the order the groups first come in the prompt.

    Up to 60 blocks in all, every group is open; above, only the one with the largest cut, and `opened`.
    """
    parts: dict[str, list[BlockRow]] = {}
    for row in rows:
        parts.setdefault(row.group, []).append(row)
    total = sum(len(part) for part in parts.values())
    largest = max(parts, key=lambda key: sum(row.before - row.after for row in parts[key]), default="")
    last_turn = max((int(key[5:]) for key in parts if key.startswith("turn-")), default=0)
    return [
        Group(
            key=key,
            label=group_label(key, last_turn),
            rows=tuple(part),
            open=total <= OPEN_UP_TO or key in opened or (key == largest and not opened),
        )
        for key, part in parts.items()
    ]


def group_label(key: str, last_turn: int) -> str:
    if not key.startswith("turn-"):
        return {"system": "System", "tools": "Tools", "documents": "Documents"}.get(key, "Framing")
    number = int(key[5:])
    return f"Turn {number}, newest" if number == last_turn and number > 1 else f"Turn {number}"


def folded(rows: Iterable[BlockRow]) -> Iterator[BlockRow | Fold]:
    """The rows, with more than 8 neighbours of one fate and reason as one fold."""
    for _, same in groupby(rows, key=lambda row: (row.fate, row.why, row.frozen, row.opened is None)):
        alike = tuple(same)
        if len(alike) > FOLD_ABOVE:
            yield Fold(alike)
        else:
            yield from alike


def _with_numbers(reason: str, numbers: Mapping[str, int]) -> str:
    """The reason with the numbers that rows show for the ids of other blocks: "the same text as #8"."""
    return _BLOCK_ID.sub(lambda found: f"#{numbers[found[0]]}" if found[0] in numbers else found[0], reason)


def _group_key(block: dict[str, Any]) -> str:
    if block.get("kind") == "framing":
        return "framing"
    if block.get("type") == "doc":
        return "documents"
    if block.get("kind") == "schema":
        return "tools"
    turn = block.get("turn", -1)
    return f"turn-{turn + 1}" if turn >= 0 else "system"
