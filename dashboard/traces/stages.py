"""The stages of one optimization on a time axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage; x and width in percent of the time that all stages took."""

    name: str
    status: str
    reason: str
    ms: float
    tokens_cut: int
    x: float
    width: float
    tokens_re_read: int = 0

    @property
    def is_skipped(self) -> bool:
        return self.status == "skipped"

    @property
    def has_failed(self) -> bool:
        return self.status == "failed"

    @property
    def outcome(self) -> str:
        """The status where it is not `ran`, the reason, and what its cuts made the model call for again."""
        status = "" if self.status == "ran" else self.status
        called = f"{self.tokens_re_read:,} tokens called for again" if self.tokens_re_read else ""
        return "; ".join(filter(None, (": ".join(filter(None, (status, self.reason))), called)))


def stage_bars(stages: list[dict[str, Any]]) -> list[StageBar]:
    """The stages one after another, as they ran."""
    total = sum(stage.get("ms", 0) for stage in stages)
    bars, start = [], 0.0
    for stage in stages:
        ms = stage.get("ms", 0)
        bars.append(
            StageBar(
                name=stage.get("name", ""),
                status=stage.get("status", "ran"),
                reason=stage.get("reason", ""),
                ms=ms,
                tokens_cut=stage.get("tokens_cut", 0),
                x=round(start / total * 100, 3) if total else 0,
                width=round(ms / total * 100, 3) if total else 0,
                tokens_re_read=stage.get("tokens_re_read", 0),
            )
        )
        start += ms
    return bars
