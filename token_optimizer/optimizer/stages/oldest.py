"""Drops whole turns, oldest first, while the prompt is over its hard budget.

A turn goes with its tool calls and their results; turns with must-keep text and the newest one stay. A
marker says how many messages went; what users directed in them follows it in their own words.

Before: forty turns, 900 tokens over the budget
After:  "[24 older messages left out]" and the last 28 turns
"""

from __future__ import annotations

from token_optimizer.models import Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.conversation.turns.dropped_turns import droppable_turns, without_turns


def drop_oldest_turns(prompt: Prompt, context: Context) -> Prompt:
    """Drop as many of the oldest turns as bring the prompt within its budget."""
    over = context.tokens_over(prompt)
    if over <= 0:
        return prompt
    dropped: set[int] = set()
    for turn, tokens in droppable_turns(prompt).items():
        if over <= 0:
            break
        dropped.add(turn)
        over -= tokens
    return without_turns(prompt, dropped, context)


STAGE = Stage("oldest", drop_oldest_turns, "oldest turns dropped to fit the budget")
