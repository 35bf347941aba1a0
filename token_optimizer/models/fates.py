"""What happened to each block, and what each stage did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from token_optimizer.models.blocks import BlockType, Kind, Origin
from token_optimizer.models.prompt import Worth
from token_optimizer.models.why_not import WhyNot

Fate = Literal["kept", "rewritten", "dropped", "added"]
StageStatus = Literal["ran", "skipped", "failed"]
COMPRESS_STAGE = "compress"
# An enum looks its value up in Python code, each time anew.
_NAMES: dict[BlockType | Kind, str] = {member: member.value for member in (*BlockType, *Kind)}


class BlockFate(NamedTuple):
    """What happened to one block, as the pipeline saw it. A tuple: every block of every request has one.

    `faithfulness` is what a compression of it scored; it stands where `stage` is `compress`, else the block
    was kept from it.
    """

    id: str
    type: BlockType
    kind: Kind
    fate: Fate
    frozen: bool
    stage: str
    reason: str
    tokens_before: int
    tokens_after: int
    turn: int = -1
    origin: Origin = Origin.REQUEST
    utility: Mapping[str, float] | None = None
    faithfulness: float | None = None
    worth: Worth | None = None

    def as_dict(self) -> dict[str, Any]:
        """The block as `POST /v1/optimize` and the trace show it."""
        row: dict[str, Any] = {
            "id": self.id,
            "type": _NAMES[self.type],
            "kind": _NAMES[self.kind],
            "fate": self.fate,
            "frozen": self.frozen,
            "stage": self.stage,
            "reason": self.reason,
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "turn": self.turn,
        }
        if self.origin is not Origin.REQUEST:
            row["origin"] = self.origin.value
        if self.utility is not None:
            row["utility"] = dict(self.utility)
        if self.faithfulness is not None:
            row["faithfulness"] = round(self.faithfulness, 3)
        if self.worth is not None:
            row["worth"] = self.worth.as_dict()
        return row


def compressed_blocks(blocks: Iterable[BlockFate]) -> list[BlockFate]:
    """The blocks that this request compressed."""
    return [block for block in blocks if block.stage == COMPRESS_STAGE]


def mean_faithfulness(blocks: Iterable[BlockFate]) -> float | None:
    """What the compressed blocks scored, weighed by their tokens; None where none was compressed."""
    compressed = compressed_blocks(blocks)
    total = sum(block.tokens_before for block in compressed)
    if not total:
        return None
    return sum(block.tokens_before * (block.faithfulness or 0.0) for block in compressed) / total


class StageReport(NamedTuple):
    """One stage of one request: whether it ran, how long it took, what it cut; and what its cuts cost on this
    or later turns: tokens that the model read back, and those of results that it called a tool again for.
    `why_not` is the reason of a skipped one, where the whole request may have it. A tuple, as fates are."""

    name: str
    status: StageStatus
    ms: float
    tokens_cut: int = 0
    reason: str = ""
    tokens_read_back: int = 0
    tokens_re_read: int = 0
    why_not: WhyNot | None = None

    def as_dict(self) -> dict[str, Any]:
        charged = {"tokens_read_back": self.tokens_read_back, "tokens_re_read": self.tokens_re_read}
        return {
            "name": self.name,
            "status": self.status,
            "ms": round(self.ms, 3),
            "tokens_cut": self.tokens_cut,
            "reason": self.reason,
            **{name: tokens for name, tokens in charged.items() if tokens},
        }
