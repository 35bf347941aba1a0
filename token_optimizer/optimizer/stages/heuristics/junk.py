"""Drops older messages of the assistant that say nothing.

What it says besides, its tool calls and the newest turns stay. So does a message that parts two of the
user's: roles that alternate go on alternating.

Before: user "Fix it.", assistant "Sure, I can help.", assistant "The bug is in line 4."
After:  user "Fix it.", assistant "The bug is in line 4."
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from token_optimizer.dialects.bodies import messages_of, role_of
from token_optimizer.models import OUTSIDE, Block, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, with_blocks
from token_optimizer.optimizer.prose.junk import remove_junk

_NOTE = "says nothing, but parts two messages of one role"


def drop_junk(prompt: Prompt, context: Context) -> Prompt:
    """Drop what the config's `junk_regexes` match whole, and what is empty."""
    patterns = context.config.junk_regexes
    if len(remove_junk(list(prompt.open_blocks), patterns)) == len(prompt.open_blocks):
        return prompt
    left = remove_junk(list(prompt.blocks), patterns)
    parting = _parting_messages(prompt, _silent_messages(prompt, left))
    ids = {block.id for block in left}
    kept = [
        block if block.id in ids else block.but(note=_NOTE)
        for block in prompt.blocks
        if block.id in ids or block.message in parting
    ]
    return with_blocks(prompt, kept)


def _silent_messages(prompt: Prompt, left: Sequence[Block]) -> set[int]:
    """The messages of which nothing is left but reasoning at most: they go."""
    speaking = {block.message for block in left if block.kind is not Kind.OPAQUE}
    ids = {block.id for block in left}
    dropped = {block.message for block in prompt.blocks if block.id not in ids}
    return dropped - speaking - {OUTSIDE}


def _parting_messages(prompt: Prompt, silent: Set[int]) -> set[int]:
    """Those of the silent messages without which two messages of one role would stand side by side."""
    roles = [
        (number, role_of(message))
        for number, message in enumerate(messages_of(prompt.body, prompt.dialect))
        if number not in prompt.gone_messages
    ]
    parting: set[int] = set()
    before = ""
    for (number, role), (_, after) in zip(roles, [*roles[1:], (OUTSIDE, "")], strict=True):
        if number in silent and not (before and before == after != role):
            continue
        if number in silent:
            parting.add(number)
        before = role
    return parting


STAGE = Stage("junk", drop_junk, "says nothing")
