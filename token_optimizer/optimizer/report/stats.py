"""The statistics of an optimization: token counts, the fate of every block, the route."""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.models import (
    COMPRESS_STAGE,
    Aggregate,
    BlockFate,
    Kind,
    OptimizationStats,
    Prompt,
    mean_faithfulness,
)
from token_optimizer.optimizer.attempts import Attempt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.trace import block_fates
from token_optimizer.optimizer.conversation.parsed_prefix import EMPTY_PREFIX, ParsedPrefix
from token_optimizer.optimizer.conversation.prefix import frozen_ids
from token_optimizer.tokens.counts import is_estimate

_MEDIA = Aggregate(
    "media", False, lambda found, came, _: found or any(block.kind is Kind.MEDIA for block in came)
)


def stats_of(
    attempt: Attempt, prefix: ParsedPrefix, context: Context, trace_id: str, added: Sequence[BlockFate] = ()
) -> OptimizationStats:
    """What the attempt that is sent did; `prefix` is what an earlier turn read, `added` what came to the body
    behind the stages."""
    original = attempt.original
    stats = OptimizationStats(
        trace_id=trace_id,
        tokens_before=original.tokens,
        tokens_after=attempt.after.tokens + sum(block.tokens_after for block in added),
        route=_route(attempt),
        fallback_used=bool(attempt.faults or attempt.undone),
        fallback_reason=_fallback_reason(attempt),
        stages=attempt.ledger.reports,
        blocks=[*_fates(attempt, prefix), *added],
        estimated=is_estimate(context.model) or _has_media(original, prefix),
        compacted=attempt.compaction is not None,
        recached_tokens=attempt.compaction.recached_tokens if attempt.compaction else 0,
    )
    if context.budget_tokens is not None and stats.tokens_after > context.budget_tokens:
        stats.over_budget = f"{stats.tokens_after} tokens are left of a budget of {context.budget_tokens}"
    if attempt.ledger.has_done(COMPRESS_STAGE):
        stats.faithfulness_score = mean_faithfulness(stats.blocks)
    return stats


def _has_media(original: Prompt, prefix: ParsedPrefix) -> bool:
    """Whether images, PDFs or audio are among what was counted."""
    blocks = prefix.rest(original).blocks
    return prefix.frozen.value(_MEDIA) or any(block.kind is Kind.MEDIA for block in blocks)


def _route(attempt: Attempt) -> str:
    """Which of the costly stages did something."""
    semantic = "+semantic" if attempt.after.meaning is not None else ""
    compression = "+compression" if attempt.ledger.has_done(COMPRESS_STAGE) else ""
    return f"heuristic{semantic}{compression}" if semantic or compression else "heuristic_only"


def _fallback_reason(attempt: Attempt) -> str:
    if attempt.faults or not attempt.undone:
        return ", ".join(attempt.faults)
    return f"sent without compression: {', '.join(attempt.undone)}"


def _fates(attempt: Attempt, prefix: ParsedPrefix) -> list[BlockFate]:
    """The fate of every block; those of the prefix stand already."""
    if attempt.compaction is not None or not prefix.stands_in(attempt.after):
        prefix = EMPTY_PREFIX
    original, after = prefix.rest(attempt.original), prefix.sent_rest(attempt.after)
    ids = frozen_ids(original, prefix.sent_rest(attempt.start))
    return [*prefix.fates, *block_fates(original, after, attempt.ledger, ids)]
