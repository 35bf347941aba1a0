"""What each rule cut of each kind of block, and how much of that was wanted again."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer_app.rollups.cuts import CUTS
from optimizer_app.rollups.reading import Selection, Stretch, sums

_MEASURES = (
    "requests", "blocks", "cut", "read_calls", "read_tokens", "again_calls", "again_tokens",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CutSum:
    """What one rule cut of blocks of one kind. `read_calls` are calls of `read_back` for it, `again_calls`
    those of tools whose result it had cut, each with the tokens that they brought."""

    rule: str
    kind: str
    requests: int
    blocks: int
    cut: int
    read_calls: int
    read_tokens: int
    again_calls: int
    again_tokens: int

    @property
    def wanted_share(self) -> float:
        """What came back, as a share of what was cut."""
        wanted = self.read_tokens + self.again_tokens
        return wanted / self.cut if self.cut else float(bool(wanted))


def cut_sums(selection: Selection, stretch: Stretch) -> list[CutSum]:
    """Those of the requests of a span of time: the most wanted again first, then the most cut."""
    rows = sums(selection, stretch, ("rule", "kind"), _MEASURES, CUTS)
    found = [CutSum(**row) for row in rows if row["blocks"] or row["read_calls"] or row["again_calls"]]
    return sorted(found, key=lambda row: (-row.wanted_share, -row.cut, row.rule, row.kind))
