"""What the model read back of what had been cut: from which rule's cut, in which round, what that cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.numbers.formats import exact, money
from dashboard.traces.blocks import BlockRow
from optimizer_app.models import RequestTrace


@dataclass(frozen=True, slots=True)
class Read:
    """One call of the model. `block` is the number of the block's row, None where nothing was found."""

    round: int
    what: str
    found: bool
    stage: str
    block: int | None
    tokens: int
    beside: bool

    @property
    def outcome(self) -> str:
        if not self.found:
            return "nothing was left out under it"
        return "goes with the next turn" if self.beside else ""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one rule cut, and what of it the model wanted after all."""

    stage: str
    cut: int
    read_back: int


@dataclass(frozen=True, slots=True)
class ReadingBack:
    """All of it, for one section of the page."""

    sentence: str
    reads: Sequence[Read]
    charges: Sequence[Charge]
    calls: Sequence[dict[str, Any]]


def reading_back(trace: RequestTrace, rows: Sequence[BlockRow]) -> ReadingBack | None:
    """What was read back; None where the model asked for nothing."""
    if not trace.read_backs:
        return None
    numbers = {block.get("id"): row.number for block, row in zip(trace.blocks, rows, strict=True)}
    reads = [_read(entry, numbers) for entry in trace.read_backs]
    return ReadingBack(_sentence(trace, reads), reads, _charges(trace, reads), trace.provider_calls)


def _read(entry: dict[str, Any], numbers: dict[Any, int]) -> Read:
    handle = entry.get("handle", "")
    return Read(
        round=entry.get("round", 1),
        what=f"#{handle}" if handle else "by words",
        found=entry.get("found", False),
        stage=entry.get("stage", ""),
        block=numbers.get(entry.get("block")),
        tokens=entry.get("tokens", 0),
        beside=entry.get("beside", False),
    )


def _sentence(trace: RequestTrace, reads: Sequence[Read]) -> str:
    times = "once" if len(reads) == 1 else f"{len(reads)} times"
    said = f"The model asked {times}, and read {exact(_tokens(reads))} tokens"
    more = len(trace.provider_calls) - 1
    if more < 1:
        return f"{said}."
    calls = f"{more} more {'call' if more == 1 else 'calls'} of the provider"
    if trace.read_back_usd is None:
        return f"{said}, in {calls}. What that cost is not known."
    return f"{said}, in {calls}. That cost {money(trace.read_back_usd)}; net counts it."


def _charges(trace: RequestTrace, reads: Sequence[Read]) -> list[Charge]:
    """By rule what it cut, and what of that was read back."""
    cut: Counter[str] = Counter()
    for block in trace.blocks:
        cut[block.get("stage", "")] += block.get("tokens_before", 0) - block.get("tokens_after", 0)
    stages = sorted({read.stage for read in reads if read.found and read.stage})
    return [
        Charge(stage, cut[stage], _tokens([read for read in reads if read.stage == stage]))
        for stage in stages
    ]


def _tokens(reads: Sequence[Read]) -> int:
    return sum(read.tokens for read in reads if read.found)
