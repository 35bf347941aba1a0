"""The line that ends what the user says. Where no question stands anywhere, it may be what is asked: one more
of the rows or paragraphs above it, without a word that tells it from them.

Before: "Translate into French.\\n{60 lines in two languages in turn}\\nthe grey lighthouse"
After:  the last line stays, whatever the budget
"""

from __future__ import annotations

from token_optimizer.models import Block, BlockType, Prompt
from token_optimizer.optimizer.embedded.question.asking import asks_question

_MAX_CHARS = 1_000


def last_block_said(prompt: Prompt) -> Block | None:
    """The block at the end of what the user says, where the prompt ends with it and no question is asked."""
    last = next((one for one in reversed(prompt.rest) if one.slot is not None and one.content.strip()), None)
    is_said = last is not None and last.type is BlockType.USER and not last.tool_result
    return last if is_said and not asks_question(prompt.query or "") else None


def last_line_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the last line of the text stands; nothing where it is too long for one that asks."""
    end = len(text.rstrip())
    start = text.rfind("\n", 0, end) + 1
    return ((start, end),) if end - start <= _MAX_CHARS else ()
