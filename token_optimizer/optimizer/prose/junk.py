"""Removes what the assistant said that says nothing: empty blocks, and those a junk pattern matches whole.

Only prose of the assistant goes, never what is protected, a tool call or a tool result. The patterns are
users' own and run on RE2, in linear time; one matches a text only from its first to its last character.

Before: "Sure." / "The build fails in `parse_row`."
After:  "The build fails in `parse_row`."
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import re2

from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, BlockType, Kind

_NEVER_JUNK = frozenset({Kind.CALL, Kind.SCHEMA, Kind.FRAMING, Kind.MEDIA})


def remove_junk(blocks: list[Block], patterns: Sequence[str]) -> list[Block]:
    """The blocks without the assistant's empty ones and those whose whole text matches a pattern."""
    compiled = [_compiled(pattern) for pattern in patterns]
    return [block for block in blocks if not (_may_go(block) and _is_junk(block.content, compiled))]


def _may_go(block: Block) -> bool:
    return (
        block.type is BlockType.ASSISTANT
        and not (block.must_keep or block.verbatim or block.tool_result)
        and block.kind not in _NEVER_JUNK
    )


def _is_junk(text: str, compiled: list[Any]) -> bool:
    stripped = text.strip()
    if not stripped:
        return True
    try:
        return any(pattern.fullmatch(stripped) for pattern in compiled)
    except UnicodeEncodeError:  # a lone surrogate is no text that RE2 can read
        return False


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ConfigError(f"junk pattern {pattern!r} does not compile") from error
