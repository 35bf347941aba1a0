"""Drops older messages of the assistant that say nothing.

What it says besides, its tool calls and the newest turns stay.

Before: user "Fix it.", assistant "Sure, I can help.", assistant "The bug is in line 4."
After:  user "Fix it.", assistant "The bug is in line 4."
"""

from __future__ import annotations

from token_optimizer.models import Prompt
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.prose.junk import remove_junk
from token_optimizer.optimizer.stage import Stage, with_blocks


def drop_junk(prompt: Prompt, context: Context) -> Prompt:
    """Drop what the config's `junk_regexes` match whole, and what is empty."""
    return with_blocks(prompt, remove_junk(list(prompt.blocks), context.config.junk_regexes))


STAGE = Stage("junk", drop_junk, "says nothing")
