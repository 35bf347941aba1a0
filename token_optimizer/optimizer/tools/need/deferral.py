"""Which tools are left to be read back: of many tools those that the conversation's start does not ask for.

Name, first sentence and schema of such a tool stay, so it can be called at once; its descriptions stand
behind the handle of a marker. What stays the same over a conversation decides: the tools, the first question,
and the instructions before it.

Before: {"name": "refund", "description": "Pays back. MUST be asked twice.", "input_schema": {...}}
After:  {"name":"refund","description":"Pays back. [… 3 descriptions shortened #482193]","input_schema":{...}}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from token_optimizer.models import Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.tools.need.relevance import ToolRelevance
from token_optimizer.optimizer.tools.schemas import is_searched, tool_name, tool_of

# With no more of either, the tools are left to be described.
MAX_TOOLS = 20
MAX_TOKENS = 10_000
# What the trace says of such a tool.
DEFERRED = "unlikely to be needed, left to be read back"
_NAME = re.compile(r"[\w-]+")


def deferred_tools(schemas: Sequence[Block], prompt: Prompt, relevance: ToolRelevance) -> frozenset[int]:
    """The indexes of the tools that are left to be read back; none where the provider's own search has them.

    A tool stays whole that the instructions, the question, or a tool that is not left out mentions by name.
    """
    if not is_many(schemas):
        return frozenset()
    tools = [tool_of(block.content) or {} for block in schemas]
    if any(is_searched(tool) or str(tool.get("type")).startswith("tool_search") for tool in tools):
        return frozenset()
    texts = [block.content for block in schemas]
    unlikely = relevance.unlikely
    kept = [text for index, text in enumerate(texts) if index not in unlikely]
    mentioned = _words([*opening_texts(prompt), *kept])
    return frozenset(index for index in unlikely if tool_name(tools[index]) not in mentioned)


def is_many(schemas: Sequence[Block]) -> bool:
    """Whether the tools are so many that some may be left to be read back."""
    return len(schemas) > MAX_TOOLS or sum(block.tokens for block in schemas) > MAX_TOKENS


def first_question(prompt: Prompt) -> str:
    """The prose of the conversation's first user message: it stays the same on all later turns."""
    prose = [block for block in prompt.blocks if block.is_users_prose]
    first = prose[0].message if prose else None
    return "\n".join(block.content for block in prose if block.message == first)


def opening_texts(prompt: Prompt) -> Iterable[str]:
    """The texts of the first user message, and of all before it."""
    of_user = (block.message for block in prompt.blocks if block.type is BlockType.USER)
    first = next(of_user, None)
    for block in prompt.blocks:
        if block.kind is not Kind.SCHEMA and (first is None or block.message <= first):
            yield block.content


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _NAME.findall(text)}
