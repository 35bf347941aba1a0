"""Tells summaries by which a conversation that ran out of room is handed over to a new one.

All that is left of the old conversation stands there, what the user wants of it included.

Before: "This session is being continued from a previous conversation that ran out of context. ..."
After:  all of it is what the model is told, and nothing is material
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.embedded.question.asking import MAX_ASKING_CHARS

_HANDS_OVER = re.compile(
    r"""(?ix)[\s#*<\[]{0,8}(?:
      this\ (?:session|conversation|task|thread)\ is\ (?:being\ continued|a\ continuation)
    | another\ (?:language\ )?(?:model|agent|assistant)\ (?:has\ )?(?:started|begun|began|worked)
    | (?:(?:here|below|this)\ is\ )?(?:(?:a|the)\ )?(?:\w+\ )?summary\ of\ (?:the|our)\ (?:\w+\ )?
      (?:conversation|session|chat)\b
    | (?:state_snapshot|(?:conversation|session|context)[_ ]summary)\b
    )"""
)
# A summary is short beside what it is of.
_MAX_CHARS = 40_000


def hand_over_chars(text: str) -> int:
    """How much of the message hands a conversation over: all but the last paragraph, which says how to go on
    from there; 0 where none does."""
    if len(text) > _MAX_CHARS or _HANDS_OVER.match(text) is None:
        return 0
    end = text.rfind("\n\n") + 2
    return end if end > 1 and len(text) - end <= MAX_ASKING_CHARS else len(text)
