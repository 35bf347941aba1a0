"""A trial as its page shows it: two columns of figures, two strips, the blocks whose fate changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from dashboard.traces.blocks import FATES, BlockRow, block_rows
from dashboard.traces.strip import Strip, prompt_strip
from optimizer_app.playground.comparison import Comparison, Outcome
from token_optimizer.models import BlockFate

MAX_CHANGED = 60


@dataclass(frozen=True, slots=True)
class Side:
    """One column."""

    label: str
    outcome: Outcome
    strip: Strip


@dataclass(frozen=True, slots=True)
class ChangedBlock:
    """A block whose fate or size differs; a side that has no such block is None."""

    number: int
    what: str
    before: int
    live: BlockFate | None
    draft: BlockFate | None

    @property
    def live_label(self) -> str:
        return FATES.get(self.live.fate, "") if self.live else ""

    @property
    def draft_label(self) -> str:
        return FATES.get(self.draft.fate, "") if self.draft else ""


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A prompt of a trial."""

    name: str
    sides: tuple[Side, Side]
    directives: int
    changed: list[ChangedBlock]
    changed_count: int

    @property
    def live(self) -> Outcome:
        return self.sides[0].outcome

    @property
    def draft(self) -> Outcome:
        return self.sides[1].outcome


@dataclass(frozen=True, slots=True)
class TrialSums:
    """The tokens of several prompts together."""

    before: int
    live: int
    draft: int


def trial_row(name: str, comparison: Comparison, live_version: int) -> TrialRow:
    changed = list(comparison.changed_blocks())
    sides = (
        Side(f"v{live_version}", comparison.live, _strip(comparison.live)),
        Side("draft", comparison.draft, _strip(comparison.draft)),
    )
    shown = [_changed(*found) for found in islice(changed, MAX_CHANGED)]
    return TrialRow(name, sides, len(comparison.directives), shown, len(changed))


def sums(rows: Sequence[TrialRow]) -> TrialSums:
    return TrialSums(
        sum(row.live.stats.tokens_before for row in rows),
        sum(row.live.stats.tokens_after for row in rows),
        sum(row.draft.stats.tokens_after for row in rows),
    )


def _strip(outcome: Outcome) -> Strip:
    return prompt_strip(_rows(outcome.stats.blocks))


def _changed(number: int, live: BlockFate | None, draft: BlockFate | None) -> ChangedBlock:
    (row,) = _rows([block for block in (live, draft) if block][:1])
    return ChangedBlock(number, row.what, row.before, live, draft)


def _rows(blocks: Sequence[BlockFate]) -> list[BlockRow]:
    return block_rows(block.as_dict() for block in blocks)
