"""Puts references in the place of what stands in another block too.

Nothing is lost: what a reference names stands in the prompt line for line. Calls, schemas and short texts
are not looked at, and verbatim blocks are only referred to.

Before: a file of 40 lines read by a tool in message 3, and read again in message 9
After:  message 3 says that these 40 lines stand in message 9, which has them
"""

from __future__ import annotations

from token_optimizer.models import Prompt
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.markers import with_text
from token_optimizer.optimizer.prose.copies import references_to_copies
from token_optimizer.optimizer.stage import Stage, with_blocks


def refer_to_copies(prompt: Prompt, context: Context) -> Prompt:
    """Write a reference into every block that repeats another one within `dedupe_window` blocks."""
    roles = [slot.role for slot in prompt.slots]
    copies = references_to_copies(prompt.blocks, context.config.dedupe_window, roles)
    if not copies:
        return prompt
    blocks = list(prompt.blocks)
    for at, block in enumerate(blocks):
        if copy := copies.get(block.id):
            blocks[at] = with_text(block.but(note=copy.note), copy.text, context.show_handles)
    return with_blocks(prompt, blocks)


STAGE = Stage("dedupe", refer_to_copies, "stands elsewhere too")
