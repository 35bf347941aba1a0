"""What reading back adds to a body behind the stages: the tool, and what was read on earlier turns.

Both are counted before the stages run, so that the prompt fits its budget with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import BlockFate, BlockType, Dialect, Kind, Prompt, StageReport
from token_optimizer.optimizer.attempts import Attempt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.reading_back.earlier import (
    MAX_BUDGET_SHARE,
    NO_READS,
    EarlierReads,
    with_earlier_reads,
)
from token_optimizer.optimizer.reading_back.tool import NAME, reads_back, text_of_tool, with_tool

# A smaller hard budget has no room for a tool.
MIN_BUDGET_TOKENS = 2_000
READS_ID = "reads"


def can_read_back(
    body: Mapping[str, Any],
    dialect: Dialect,
    config: OptimizerConfig,
    budget_tokens: int | None,
    *,
    is_answered: bool,
) -> bool:
    """Whether the request gets the tool: there is room for it, and somebody to answer its calls."""
    has_room = budget_tokens is None or budget_tokens >= MIN_BUDGET_TOKENS
    return has_room and reads_back(body, dialect, config, is_answered=is_answered)


@dataclass(frozen=True, slots=True)
class BodyExtras:
    """The tool, and the reads of earlier turns; nothing where the prompt is not read back."""

    context: Context
    dialect: Dialect
    earlier: EarlierReads = NO_READS
    tool_tokens: int = 0
    max_read_tokens: int = 0

    @classmethod
    def of(cls, history: ConversationHistory, original: Prompt, context: Context) -> BodyExtras:
        """What comes to the body of this prompt."""
        dialect = original.dialect
        if not context.show_handles:
            return cls(context, dialect)
        room = inf if context.budget_tokens is None else MAX_BUDGET_SHARE * context.budget_tokens
        earlier = EarlierReads.find(history, original, room, context.model)
        tool_tokens = sum(context.count([text_of_tool(dialect)]))
        return cls(context, dialect, earlier, tool_tokens, earlier.tokens(dialect, context.model))

    def beside(self, context: Context) -> Context:
        """The context with the room that is left beside them."""
        tokens = self.tool_tokens + self.max_read_tokens
        if not tokens or context.budget_tokens is None or context.hard_tokens is None:
            return context
        left = max(0, context.budget_tokens - tokens)
        return replace(context, budget_tokens=left, hard_tokens=max(0, context.hard_tokens - tokens))

    def added_to(self, attempt: Attempt) -> tuple[dict[str, Any], list[BlockFate]]:
        """The body of the attempt with all of it, and what the trace says of that."""
        if not self.context.show_handles:
            return attempt.body, []
        body, read_tokens = with_earlier_reads(
            attempt.body, self.dialect, self.earlier, attempt.gone_messages, self.context.model
        )
        added = [_fate(NAME, Kind.SCHEMA, "lets the model read what was left out", self.tool_tokens)]
        if self.earlier.reads:
            added.append(_fate(READS_ID, Kind.OPAQUE, "was read back on earlier turns", read_tokens))
        return with_tool(body, self.dialect), added

    def reports(self) -> list[StageReport]:
        """That reads of earlier turns went, which rewrites what was sent before."""
        if not self.earlier.left_out:
            return []
        reason = f"{self.earlier.left_out} of the earlier readings left out to fit the budget"
        return [StageReport(NAME, "ran", 0.0, 0, reason)]


def _fate(block_id: str, kind: Kind, reason: str, tokens: int) -> BlockFate:
    return BlockFate(block_id, BlockType.TOOL, kind, "added", True, NAME, reason, 0, tokens)
