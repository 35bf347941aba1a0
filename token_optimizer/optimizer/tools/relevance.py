"""Which tools a conversation is likely to need, by the words that its first question shares with each tool.

A tool is read as one short document: its name and description, and the names, descriptions and enum values
of its parameters. Nothing is learned from later turns: what is said of a tool stands at the front of the
prompt, and may not change while the conversation grows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import stems

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Others are likely too when they match at least so well as this share of the best, up to so many.
_NEAR_BEST = 0.42
_MAX_LIKELY = 6
# A tool with many parameters mentions much that it is not for.
_LENGTH_WEIGHT = 0.5


def likely_tools(tools: Sequence[str], question: str) -> frozenset[int]:
    """The indexes of the tools, each given as JSON text, that the question asks for; none where none does."""
    documents = stems([_CAMEL.sub(" ", tool) for tool in tools])
    scores = bm25(_CAMEL.sub(" ", question), documents, length_weight=_LENGTH_WEIGHT)
    ranked = sorted(range(len(tools)), key=lambda index: (-scores[index], index))[:_MAX_LIKELY]
    return frozenset(index for index in ranked if scores[index] >= _NEAR_BEST)
