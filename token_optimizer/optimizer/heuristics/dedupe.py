"""Finds blocks that say the same word for word, and keeps the newest.

Two blocks are copies when their texts are equal but for line ends and space at the ends of lines. What is
protected is never dropped, and where a protected copy exists the others go. Calls, schemas, tool results
and framing are not dropped: they belong to a pair or a list, so there a reference replaces the text.

Before: Block("Hello", 1 January), Block("Hello", 2 January)
After:  Block("Hello", 2 January)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from token_optimizer.models import Block, Kind
from token_optimizer.text import fingerprint

_NEVER_COPIES = frozenset({Kind.CALL, Kind.SCHEMA, Kind.FRAMING})
# Below this, a reference is as long as what it replaces.
LEAST_REFERENCE_CHARS = 200


def deduplicate(blocks: list[Block]) -> list[Block]:
    """The blocks without older copies; of equal times the later in the list is the newer."""
    dropped: set[int] = set()
    for positions in _groups_of_copies(blocks, _may_be_copy):
        newest = max(positions, key=lambda at: (_utc(blocks[at].timestamp), at))
        protected = [at for at in positions if _is_protected(blocks[at])]
        dropped.update(set(positions) - set(protected or [newest]))
    return [block for at, block in enumerate(blocks) if at not in dropped]


def repeated_blocks(blocks: list[Block], window: int) -> dict[str, str]:
    """The id of each older copy -> the id of the newest copy at most `window` blocks later.

    For the pipeline, which writes a reference into the older one, so nothing is lost even where the block
    must be kept; blocks too short for that are left out, and so are verbatim ones.
    """
    references: dict[str, str] = {}
    for positions in _groups_of_copies(blocks, _may_be_reference):
        newest = positions[-1]
        for at in reversed(positions[:-1]):
            if newest - at > window:
                newest = at
            elif not blocks[at].verbatim:
                references[blocks[at].id] = blocks[newest].id
    return references


def _groups_of_copies(blocks: list[Block], wanted: Callable[[Block], bool]) -> Iterable[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for at, block in enumerate(blocks):
        if wanted(block):
            groups[fingerprint(block.content)].append(at)
    return (positions for positions in groups.values() if len(positions) > 1)


def _may_be_copy(block: Block) -> bool:
    return block.kind not in _NEVER_COPIES and not block.tool_result and not block.content.isspace()


def _may_be_reference(block: Block) -> bool:
    return len(block.content) >= LEAST_REFERENCE_CHARS and block.kind not in _NEVER_COPIES


def _is_protected(block: Block) -> bool:
    return block.must_keep or block.verbatim


def _utc(timestamp: datetime) -> datetime:
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)
