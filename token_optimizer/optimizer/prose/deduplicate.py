"""Finds blocks that say the same word for word, and keeps the newest.

Two blocks are copies when their texts are equal but for line ends and space at the ends of lines. What is
protected is never dropped, and where a protected copy exists the others go. Calls, schemas, tool results
and framing are not dropped: they belong to a pair or a list. The pipeline drops no copy; it writes a
reference into it (`copies`).

Before: Block("Hello", 1 January), Block("Hello", 2 January)
After:  Block("Hello", 2 January)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from token_optimizer.models import Block, Kind
from token_optimizer.text.lines import comparable

_NEVER_COPIES = frozenset({Kind.CALL, Kind.SCHEMA, Kind.TOOL_TEXT, Kind.FRAMING, Kind.MEDIA})


def deduplicate(blocks: list[Block]) -> list[Block]:
    """The blocks without older copies; of equal times the later in the list is the newer."""
    dropped: set[int] = set()
    for positions in _groups_of_copies(blocks):
        newest = max(positions, key=lambda at: (_utc(blocks[at].timestamp), at))
        protected = [at for at in positions if _is_protected(blocks[at])]
        dropped.update(set(positions) - set(protected or [newest]))
    return [block for at, block in enumerate(blocks) if at not in dropped]


def _groups_of_copies(blocks: list[Block]) -> Iterable[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for at, block in enumerate(blocks):
        if _may_be_copy(block):
            groups[comparable(block.content)].append(at)
    return (positions for positions in groups.values() if len(positions) > 1)


def _may_be_copy(block: Block) -> bool:
    return block.kind not in _NEVER_COPIES and not block.tool_result and not block.content.isspace()


def _is_protected(block: Block) -> bool:
    return block.must_keep or block.verbatim


def _utc(timestamp: datetime) -> datetime:
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)
