"""Which tools a conversation is likely to need, by the words that its first question shares with each tool.

A tool is read as one short document: its name and description, and the names, descriptions and enum values
of its parameters. Nothing is learned from later turns: what is said of a tool stands at the front of the
prompt, and may not change while the conversation grows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import Stems, stems

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Others are likely too when they match at least so well as this share of the best, up to so many.
_NEAR_BEST = 0.42
_MAX_LIKELY = 6
# A tool is clearly unlikely when it matches less than this share of the best, if that has so many of the
# question's words: one word may meet by chance.
_UNLIKELY = 0.2
_MIN_SHARED_WORDS = 2
# A tool with many parameters mentions much that it is not for.
_LENGTH_WEIGHT = 0.5


def likely_tools(tools: Sequence[str], question: str) -> frozenset[int]:
    """The indexes of the tools, each given as JSON text, that the question asks for; none where none does."""
    scores = _scores(_documents(tools), question)
    ranked = sorted(range(len(tools)), key=lambda index: (-scores[index], index))[:_MAX_LIKELY]
    return frozenset(index for index in ranked if scores[index] >= _NEAR_BEST)


def unlikely_tools(tools: Sequence[str], question: str) -> frozenset[int]:
    """The indexes of the tools that the question clearly does not ask for; none where it asks for none of
    them clearly."""
    documents = _documents(tools)
    scores = _scores(documents, question)
    asked = set(Stems().of(_CAMEL.sub(" ", question)))
    best = (words for words, score in zip(documents, scores, strict=True) if score == 1)
    if all(len(asked.intersection(words)) < _MIN_SHARED_WORDS for words in best):
        return frozenset()
    return frozenset(index for index, score in enumerate(scores) if score < _UNLIKELY)


def _documents(tools: Sequence[str]) -> list[list[str]]:
    return stems([_CAMEL.sub(" ", tool) for tool in tools])


def _scores(documents: Sequence[Sequence[str]], question: str) -> list[float]:
    return bm25(_CAMEL.sub(" ", question), documents, length_weight=_LENGTH_WEIGHT)
