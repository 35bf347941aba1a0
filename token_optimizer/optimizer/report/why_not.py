"""Why a request was not made smaller: the first of the reasons that the pipeline met on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Block, BlockFate, Kind, OptimizationStats, Prompt, WhyNot
from token_optimizer.optimizer.attempts import Attempt

# What no rule may alter, and definitions of tools, which lose at most what is redundant.
_AS_THEY_ARE = frozenset({Kind.CALL, Kind.OPAQUE, Kind.MEDIA, Kind.SCHEMA, Kind.TOOL_TEXT})
# A marker, and what it stands for, costs about as much as what may be cut of less than this.
MIN_NEW_TOKENS = 200


def why_not(attempt: Attempt, stats: OptimizationStats, config: OptimizerConfig, *, is_exact: bool) -> WhyNot:
    """The reason of a request that is not smaller than it came; `is_exact`: it was sent before as it is."""
    if attempt.faults:
        return WhyNot.FAILED
    if is_exact:
        return WhyNot.CACHED
    if stats.tokens_saved < 0:
        return WhyNot.ADDED
    if any(report.status == "failed" for report in stats.stages):
        return WhyNot.FAILED
    return _of_what_is_new(attempt.after, stats.blocks) or _said_by_stages(attempt, config)


def _of_what_is_new(after: Prompt, fates: Sequence[BlockFate]) -> WhyNot | None:
    """The reason that lies in the blocks that were not sent before, where hardly any of them may be cut."""
    new = {fate.id: fate.tokens_before for fate in fates if not fate.frozen and fate.kind is not Kind.FRAMING}
    if not new:
        return WhyNot.ALL_FROZEN
    if sum(new.values()) < MIN_NEW_TOKENS:
        return WhyNot.TOO_SHORT
    tokens: Counter[WhyNot | None] = Counter()
    for block in after.rest:
        tokens[_why_kept(block)] += new.get(block.id, 0)
    return max(tokens, key=tokens.__getitem__) if tokens.pop(None, 0) < MIN_NEW_TOKENS else None


def _why_kept(block: Block) -> WhyNot | None:
    """Why no rule may shorten the block; None where one may."""
    if block.kind in _AS_THEY_ARE:
        return WhyNot.CODE_ONLY
    if block.verbatim:
        return WhyNot.INSTRUCTIONS_ONLY
    return WhyNot.NEWEST_TURNS if block.must_keep else None


def _said_by_stages(attempt: Attempt, config: OptimizerConfig) -> WhyNot:
    """The reason of the stages that ran, or did not; time comes first: with more they might have cut."""
    skipped = [report.why_not for report in attempt.ledger.reports if report.why_not]
    if WhyNot.OVER_TIME in skipped:
        return WhyNot.OVER_TIME
    if attempt.after.worths:
        return WhyNot.ALL_NEEDED
    if attempt.after.faithfulness:
        return WhyNot.UNFAITHFUL
    if config.target_reduction is None:
        return WhyNot.NO_TARGET
    # What is not installed is told only where nothing else is.
    others = [reason for reason in skipped if reason is not WhyNot.UNAVAILABLE]
    return next(iter([*others, *skipped]), WhyNot.NOTHING_REDUNDANT)
