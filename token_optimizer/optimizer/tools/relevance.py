"""Which tools a conversation is likely to need, by the words that its first question shares with each tool.

A tool is read as one short document: its name and description, and the names, descriptions and enum values
of its parameters. Documents are ranked by BM25 (Robertson and Zaragoza, The
Probabilistic Relevance Framework, 2009). Nothing is learned from later turns: what is said of a tool stands
at the front of the prompt, and may not change while the conversation grows.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_STOP = frozenset(
    # What questions are made of, and the keywords of schemas.
    re.findall(
        r"\w+",
        "a an and are as at be but by can could did do does for from get had has have he help her hi"
        " hello his how i if in into is it its like me my need no not of on or our please she should so"
        " some than that the their them then there these they this to up us was we were what when where"
        " which who will with would you your value values want string integer number boolean object array"
        " type description properties required enum default items parameters function name",
    )
)
_STEM_CHARS = 6
_K1, _B = 1.2, 0.5
# Others are likely too when they match at least so well as this share of the best, up to so many.
_NEAR_BEST = 0.4
_MAX_LIKELY = 6


def likely_tools(tools: Sequence[str], question: str) -> frozenset[int]:
    """The indexes of the tools, each given as JSON text, that the question asks for; none where none does."""
    asked = set(_words(question))
    documents = [Counter(_words(text)) for text in tools]
    scores = _bm25(documents, asked)
    best = max(scores, default=0.0)
    ranked = sorted(range(len(tools)), key=lambda index: (-scores[index], index))[:_MAX_LIKELY]
    return frozenset(index for index in ranked if scores[index] > 0 and scores[index] >= _NEAR_BEST * best)


def _words(text: str) -> list[str]:
    """Words cut to a common stem: camelCase and snake_case split, endings ignored."""
    words = (word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text)))
    return [word[:_STEM_CHARS].rstrip("s") for word in words if word not in _STOP]


def _bm25(documents: Sequence[Counter[str]], asked: set[str]) -> list[float]:
    lengths = [sum(document.values()) for document in documents]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    # Sorted, so that sums do not depend on the order of a set.
    weights = [(word, _rarity(word, documents)) for word in sorted(asked)]
    return [
        sum(weight * _saturated(document[word], length / (mean or 1.0)) for word, weight in weights)
        for document, length in zip(documents, lengths, strict=True)
    ]


def _rarity(word: str, documents: Sequence[Counter[str]]) -> float:
    having = sum(word in document for document in documents)
    return math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))


def _saturated(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length))
