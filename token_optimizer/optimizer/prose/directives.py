"""Collects the orders a prompt gives into one block, sentence by sentence, so that none is lost in a cut.

An order is a sentence with one of the guide's keywords in capitals. Only the prose of system, developer
and user counts: documents and tool results could carry somebody else's orders.

Before: "Answer in Spanish. You MUST return JSON. Thanks!"
After:  the same, and a constraint block "You MUST return JSON."
"""

from __future__ import annotations

import hashlib
import re

from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.text import sentences

_KEYWORD = re.compile(r"\b(?:MUST(?: NOT)?|ALWAYS|NEVER|FORMAT|JSON|DEADLINE)\b")
_SOURCES = frozenset({BlockType.SYSTEM, BlockType.DEVELOPER, BlockType.USER})


def extract_constraints(blocks: list[Block]) -> Block | None:
    """A block of every sentence that gives an order, each once, in the prompt's order; None without any."""
    sources = [block for block in blocks if _may_give_directives(block) and _KEYWORD.search(block.content)]
    found = dict.fromkeys(order for block in sources for order in _orders(block.content))
    if not found:
        return None
    content = "\n".join(found)
    return Block(
        content=content,
        type=BlockType.CONSTRAINT,
        id="constraint-" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        must_keep=True,
        priority=1.0,
        timestamp=sources[-1].timestamp,
        metadata={"sources": [block.id for block in sources]},
        note="the prompt's own orders",
    )


def directives_in(block: Block, text: str) -> bool:
    """Whether the text, which is part of the block, gives an order."""
    return _may_give_directives(block) and _KEYWORD.search(text) is not None


def _may_give_directives(block: Block) -> bool:
    return block.type in _SOURCES and block.kind is Kind.PROSE and not block.tool_result


def _orders(text: str) -> list[str]:
    return [sentence for sentence in sentences(text) if _KEYWORD.search(sentence)]
