"""Removes what the assistant said that says nothing: empty blocks, and those a junk pattern matches whole.

Only prose of the assistant goes, never what is protected, a tool call or a tool result. The patterns are
users' own (`token_optimizer/junk_patterns.py`); one matches a text only from its first to its last character.

Before: "Sure." / "The build fails in `parse_row`."
After:  "The build fails in `parse_row`."
"""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.junk_patterns import JunkPatterns
from token_optimizer.models import Block, BlockType, Kind

_NEVER_JUNK = frozenset({Kind.CALL, Kind.SCHEMA, Kind.TOOL_TEXT, Kind.FRAMING, Kind.MEDIA})


def remove_junk(blocks: list[Block], patterns: Sequence[str]) -> list[Block]:
    """The blocks without the assistant's empty ones and those whose whole text matches a pattern.

    StageSkipped where the patterns take too long.
    """
    junk = JunkPatterns(patterns)
    return [block for block in blocks if not (_may_go(block) and _is_junk(block.content, junk))]


def _may_go(block: Block) -> bool:
    return (
        block.type is BlockType.ASSISTANT
        and not (block.must_keep or block.verbatim or block.tool_result)
        and block.kind not in _NEVER_JUNK
    )


def _is_junk(text: str, junk: JunkPatterns) -> bool:
    stripped = text.strip()
    return not stripped or junk.match(stripped)
