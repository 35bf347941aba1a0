"""What a request's statistics say of passages that came from stored documents."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from token_optimizer.models import Block, BlockFate, OptimizationStats, Origin, StageReport
from token_optimizer.ports import RetrievalResult

STAGE_NAME = "retrieval"
# Stages that cut because the hard budget is exceeded.
_ORIGIN = attrgetter("origin")
_CHOOSING_STAGES = frozenset({"passages", "oldest"})


def is_retrieved(block: Block | BlockFate) -> bool:
    """Whether the text of the block came from the store, on this turn or on an earlier one."""
    # A fate that was stored has a plain string.
    return block.origin == Origin.RETRIEVED


def retrieved_and_replaced(fates: Sequence[BlockFate]) -> tuple[int, int]:
    """Tokens of what was sent that came from the store, and tokens of the request's own documents and old
    turns that were left out in favour of what this request brought in."""
    if Origin.RETRIEVED not in map(_ORIGIN, fates):
        return 0, 0
    retrieved = list(filter(is_retrieved, fates))
    sent = sum(fate.tokens_after for fate in retrieved)
    new = sum(fate.tokens_after for fate in retrieved if not fate.frozen)
    # What is cut beyond that would not have fitted either.
    return sent, min(new, _chosen_against(fates)) if new else 0


def _chosen_against(fates: Sequence[BlockFate]) -> int:
    """Tokens of the request's own that a choice within the hard budget left out."""
    cut = [
        fate for fate in fates if fate.stage in _CHOOSING_STAGES and not (fate.frozen or is_retrieved(fate))
    ]
    return sum(fate.tokens_before - fate.tokens_after for fate in cut if fate.fate != "added")


def add_retrieval_stats(stats: OptimizationStats, found: RetrievalResult | None) -> None:
    """Write into the stats what came of the retrieval."""
    stats.tokens_retrieved, stats.tokens_replaced = retrieved_and_replaced(stats.blocks)
    if stats.tokens_retrieved and "+semantic" not in stats.route:
        stats.route = "heuristic+semantic" + ("+compression" if "+compression" in stats.route else "")
    stats.stages = [
        _report(report, found) if report.name == STAGE_NAME else report
        for report in stats.stages
        if report.name != STAGE_NAME or found is not None
    ]


def _report(report: StageReport, found: RetrievalResult | None) -> StageReport:
    if found is None or report.status != "ran":
        return report
    ms = report.ms + found.ms
    return StageReport(report.name, found.status, ms, report.tokens_cut, found.reason)
