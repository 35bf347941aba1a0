"""How much the passages of one prompt have to do with the question.

Relevance is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the prompt's own
passages, so it needs no corpus and no model. Words are compared by a light stem.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from token_optimizer.optimizer.relevance.words import Stems

_K1 = 1.2
# BM25's b. Low: among the passages of one prompt, a long one says more about its subject.
_LENGTH_WEIGHT = 0.2
_FEEDBACK_TEXTS = 10
_FEEDBACK_WORDS = 12


def bm25(
    query: str,
    words: Sequence[Sequence[str]],
    feedback: Sequence[float] = (),
    *,
    length_weight: float = _LENGTH_WEIGHT,
) -> list[float]:
    """The relevance of each text, given by its `stems`, to the query: 0 for none; the best is about 1.

    A text's `feedback` is the weight that words typical of the best texts have for it, so that a passage on
    the same subject in other words is found (relevance feedback, after RM3 in Abdul-Jaleel et al., UMass at
    TREC 2004). `length_weight`, from 0 to 1, says how much a long text has to mention a word more often.
    """
    asked = set(Stems().of(query))
    if not asked or not words:
        return [0.0] * len(words)
    lengths = _lengths(words, length_weight)
    scores = _scores(asked, words, lengths)
    if any(feedback) and any(scores):
        more = _scores(_feedback_words(scores, words), words, lengths)
        return [score + share * other for score, share, other in zip(scores, feedback, more, strict=True)]
    return scores


def bm25_with_synonyms(
    synonyms: Mapping[str, Mapping[str, float]], words: Sequence[Sequence[str]]
) -> list[float]:
    """As `bm25`, but the `synonyms` of an asked word count for it at their shares: of those that a text has,
    the one that counts most."""
    shares_of: dict[str, list[tuple[str, float]]] = {}
    for asked, shares in synonyms.items():
        for word, share in ((asked, 1.0), *shares.items()):
            shares_of.setdefault(word, []).append((asked, share))
    lengths = _lengths(words, _LENGTH_WEIGHT)
    counts = [Counter([word for word in found if word in shares_of]) for found in words]
    rarity = _rarity(counts)
    scores = []
    for count, length in zip(counts, lengths, strict=True):
        best: dict[str, float] = {}
        for word, times in count.items():
            weight = rarity[word] * _saturated(times, length)
            for asked, share in shares_of[word]:
                best[asked] = max(best.get(asked, 0.0), share * weight)
        scores.append(sum(best.values()))
    return _normalized(scores)


def _lengths(words: Sequence[Sequence[str]], weight: float) -> list[float]:
    """The length of each text by this weight, 1 for the mean."""
    mean = sum(map(len, words)) / max(1, len(words)) or 1.0
    return [1 - weight + weight * (len(found) / mean) for found in words]


def _scores(asked: Set[str], words: Sequence[Sequence[str]], lengths: Sequence[float]) -> list[float]:
    counts = [Counter([word for word in found if word in asked]) for found in words]
    rarity = _rarity(counts)
    return _normalized(
        [
            sum(rarity[word] * _saturated(count, length) for word, count in found.items())
            for found, length in zip(counts, lengths, strict=True)
        ]
    )


def _feedback_words(scores: Sequence[float], words: Sequence[Sequence[str]]) -> set[str]:
    """The words that are frequent in the best texts and rare in the others."""
    best = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:_FEEDBACK_TEXTS]
    weight: dict[str, float] = {}
    for at in best:
        for word in dict.fromkeys(words[at]):
            weight[word] = weight.get(word, 0.0) + scores[at]
    spread = Counter(word for found in words for word in set(found) if word in weight)
    typical = {word: worth * math.log(len(words) / spread[word]) for word, worth in weight.items()}
    return set(sorted(typical, key=lambda word: (-typical[word], word))[:_FEEDBACK_WORDS])


def _normalized(scores: list[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [score / best for score in scores] if best > 0 else scores


def _rarity(counts: Sequence[Mapping[str, int]]) -> dict[str, float]:
    """BM25's weight of each word: higher the fewer of the texts have it."""
    seen = Counter(word for found in counts for word in found)
    total = len(counts)
    return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in seen.items()}


def _saturated(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * length)
