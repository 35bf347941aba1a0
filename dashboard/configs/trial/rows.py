"""A trial as its page shows it: two columns of figures, two strips, the blocks whose fate changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.traces.blocks import block_rows
from dashboard.traces.changed_blocks import ChangedRow, changed_rows
from dashboard.traces.strip import Strip, prompt_strip
from optimizer_app.playground.comparison import Comparison, Outcome


@dataclass(frozen=True, slots=True)
class Side:
    """One column."""

    label: str
    outcome: Outcome
    strip: Strip


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A prompt of a trial."""

    name: str
    sides: tuple[Side, Side]
    directives: int
    changed: list[ChangedRow]
    changed_count: int

    @property
    def live(self) -> Outcome:
        return self.sides[0].outcome

    @property
    def draft(self) -> Outcome:
        return self.sides[1].outcome


@dataclass(frozen=True, slots=True)
class TrialSums:
    """The tokens of several prompts together, and their costs, None where one is not known."""

    before: int
    live: int
    draft: int
    live_usd: Decimal | None
    draft_usd: Decimal | None


def trial_row(name: str, comparison: Comparison, live_version: int) -> TrialRow:
    changed = list(comparison.changed_blocks())
    sides = (
        Side(f"v{live_version}", comparison.live, _strip(comparison.live)),
        Side("draft", comparison.draft, _strip(comparison.draft)),
    )
    return TrialRow(name, sides, len(comparison.directives), changed_rows(changed), len(changed))


def sums(rows: Sequence[TrialRow]) -> TrialSums:
    return TrialSums(
        sum(row.live.stats.tokens_before for row in rows),
        sum(row.live.stats.tokens_after for row in rows),
        sum(row.draft.stats.tokens_after for row in rows),
        _sum(row.live.cost_usd for row in rows),
        _sum(row.draft.cost_usd for row in rows),
    )


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    known = list(costs)
    return sum(filter(None, known), Decimal(0)) if None not in known else None


def _strip(outcome: Outcome) -> Strip:
    return prompt_strip(block_rows(outcome.blocks()))
