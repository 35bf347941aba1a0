"""How much the passages of one prompt have to do with the question.

Relevance is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the prompt's own
passages, so it needs no corpus and no model. Words are compared by a light stem.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set

from token_optimizer.optimizer.relevance.words import stems_of

_K1 = 1.2
# BM25's b. Low: among the passages of one prompt, a long one says more about its subject.
_LENGTH_WEIGHT = 0.2
_FEEDBACK_TEXTS = 10
_FEEDBACK_WORDS = 12


# The wanted words that a text mentions, in order, each as often as it stands there.
Mentions = tuple[str, ...]
# For each asked word the words that count for it, each with its share.
Synonyms = Mapping[str, Mapping[str, float]]


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
    asked = frozenset(stems_of(query))
    if not asked or not words:
        return [0.0] * len(words)
    lengths = list(map(len, words))
    scores = bm25_of_mentions(asked, mentions(words, asked), lengths, length_weight)
    return with_feedback(scores, words, lengths, feedback, length_weight) if any(feedback) else scores


def mentions(words: Sequence[Sequence[str]], wanted: Set[str]) -> list[Mentions]:
    """Which of the wanted words each text mentions, given by its `stems`."""
    return [tuple([word for word in found if word in wanted]) for found in words]


def bm25_of_mentions(
    asked: Set[str],
    mentioned: Sequence[Mentions],
    lengths: Sequence[int],
    length_weight: float = _LENGTH_WEIGHT,
) -> list[float]:
    """As `bm25`, of texts of which no more is known than what they mention and how many words they have."""
    rarity = _rarity(mentioned)

    def score(found: Mentions, length: float) -> float:
        counts = Counter([word for word in found if word in asked])
        return sum(rarity[word] * _saturated(count, length) for word, count in counts.items())

    return _each_once(score, mentioned, _relative(lengths, length_weight))


def with_feedback(
    scores: Sequence[float],
    words: Sequence[Sequence[str]],
    lengths: Sequence[int],
    feedback: Sequence[float],
    length_weight: float = _LENGTH_WEIGHT,
) -> list[float]:
    """The scores, each with its share in `feedback` of how well the text has the words of the best texts."""
    if not any(scores):
        return list(scores)
    wanted = _feedback_words(scores, words)
    more = bm25_of_mentions(wanted, mentions(words, wanted), lengths, length_weight)
    return [score + share * other for score, share, other in zip(scores, feedback, more, strict=True)]


def bm25_with_synonyms(synonyms: Synonyms, words: Sequence[Sequence[str]]) -> list[float]:
    """As `bm25`, but the `synonyms` of an asked word count for it at their shares: of those that a text has,
    the one that counts most."""
    return synonyms_of_mentions(synonyms, mentions(words, words_of(synonyms)), list(map(len, words)))


def words_of(synonyms: Synonyms) -> frozenset[str]:
    """The asked words and their synonyms."""
    return frozenset(synonyms).union(*synonyms.values())


def synonyms_of_mentions(
    synonyms: Synonyms, mentioned: Sequence[Mentions], lengths: Sequence[int]
) -> list[float]:
    """As `bm25_with_synonyms`, of texts of which no more is known than what they mention and how many words
    they have."""
    shares_of = _shares_of(synonyms)
    rarity = _rarity(mentioned)

    def score(found: Mentions, length: float) -> float:
        best: dict[str, float] = {}
        for word, times in Counter(found).items():
            weight = rarity[word] * _saturated(times, length)
            for asked, share in shares_of.get(word, ()):
                best[asked] = max(best.get(asked, 0.0), share * weight)
        return sum(best.values())

    return _each_once(score, mentioned, _relative(lengths, _LENGTH_WEIGHT))


def _shares_of(synonyms: Synonyms) -> dict[str, list[tuple[str, float]]]:
    """For each word the asked words that it counts for, with its share."""
    found: dict[str, list[tuple[str, float]]] = {}
    for asked, shares in synonyms.items():
        for word, share in ((asked, 1.0), *shares.items()):
            found.setdefault(word, []).append((asked, share))
    return found


def _relative(lengths: Sequence[int], weight: float) -> list[float]:
    """The length of each text by this weight, 1 for the mean."""
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    known = {length: 1 - weight + weight * (length / mean) for length in set(lengths)}
    return [known[length] for length in lengths]


def _each_once(
    score: Callable[[Mentions, float], float], mentioned: Sequence[Mentions], lengths: Sequence[float]
) -> list[float]:
    """The scores, so that the best is 1; texts of one length that mention the same are scored once."""
    texts = list(zip(mentioned, lengths, strict=True))
    known = {text: score(*text) if text[0] else 0.0 for text in set(texts)}
    return _normalized([known[text] for text in texts])


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


def _rarity(mentioned: Sequence[Mentions]) -> dict[str, float]:
    """BM25's weight of each word: higher the fewer of the texts have it."""
    seen: Counter[str] = Counter()
    for found, times in Counter(mentioned).items():
        for word in set(found):
            seen[word] += times
    total = len(mentioned)
    return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in seen.items()}


def _saturated(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * length)
