"""Which tools a conversation is likely to need, by the words that its first question shares with each tool.

A tool is read as one short document: its name and description, and the names, descriptions and enum values
of its parameters. Nothing is learned from later turns: what is said of a tool stands at the front of the
prompt, and may not change while the conversation grows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import stems, stems_of
from token_optimizer.text.cache import Key, TextCache, keyed

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
# Many requests have the same tools and the same first question.
_SCORES: TextCache[list[float]] = TextCache(2_000)
_UNLIKELY_TOOLS: TextCache[frozenset[int]] = TextCache(2_000)


class ToolRelevance:
    """What a question has to do with each of the tools, which are given as JSON text; worked out when it is
    asked for."""

    def __init__(self, tools: Sequence[str], question: str) -> None:
        self._tools = [_CAMEL.sub(" ", tool) for tool in tools]
        self._question = _CAMEL.sub(" ", question)

    @property
    def best(self) -> frozenset[int]:
        """The indexes of the tools that the question asks for most; none where it asks for none."""
        return frozenset(index for index in self.likely if self._scores[index] == 1)

    @property
    def likely(self) -> frozenset[int]:
        """The indexes of the tools that the question asks for; none where it asks for none."""
        return frozenset(self.ranked)

    @property
    def ranked(self) -> list[int]:
        """The same, the best first."""
        scores = self._scores
        ranked = sorted(range(len(scores)), key=lambda index: (-scores[index], index))[:_MAX_LIKELY]
        return [index for index in ranked if scores[index] >= _NEAR_BEST]

    @property
    def unlikely(self) -> frozenset[int]:
        """The indexes of the tools that the question clearly does not ask for; none where it asks for none of
        them clearly."""
        known = _UNLIKELY_TOOLS.get(self._key)
        if known is None:
            known = self._find_unlikely()
            _UNLIKELY_TOOLS.put(self._key, known)
        return known

    def _find_unlikely(self) -> frozenset[int]:
        asked = set(stems_of(self._question))
        best = (words for words, score in zip(self._documents, self._scores, strict=True) if score == 1)
        if all(len(asked.intersection(words)) < _MIN_SHARED_WORDS for words in best):
            return frozenset()
        return frozenset(index for index, score in enumerate(self._scores) if score < _UNLIKELY)

    @cached_property
    def _key(self) -> Key:
        texts = (self._question, *self._tools)
        return keyed(hash(texts), sum(map(len, texts)))

    @cached_property
    def _documents(self) -> list[list[str]]:
        return stems(self._tools)

    @cached_property
    def _scores(self) -> list[float]:
        scores = _SCORES.get(self._key)
        if scores is None:
            scores = bm25(self._question, self._documents, length_weight=_LENGTH_WEIGHT)
            _SCORES.put(self._key, scores)
        return scores
