"""Which rule changed a block, as its fate tells it."""

from __future__ import annotations

from functools import lru_cache

from token_optimizer.optimizer.contract.trace import FROZEN
from token_optimizer.optimizer.pipeline import STAGES


def rule_of(stage: str, reason: str) -> str:
    """The rule that changed the block; of one that was sent before, the rule that did so then."""
    if stage != FROZEN.name:
        return stage
    return _rule_with_reason(reason.removeprefix(f"{FROZEN.reason}: ")) or stage


# Reasons have notes of prompts behind them: a bound.
@lru_cache(maxsize=4096)
def _rule_with_reason(reason: str) -> str:
    return next((stage.name for stage in STAGES if reason.startswith(stage.reason)), "")
