"""How much the passages of one prompt have to do with the question.

Relevance is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the prompt's own
passages, so it needs no corpus and no model. Words are compared by a light stem.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set

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
    scores = SearchedTexts.of(words, asked).scores(asked, length_weight)
    return with_feedback(scores, words, feedback, length_weight) if any(feedback) else scores


def with_feedback(
    scores: Sequence[float],
    words: Sequence[Sequence[str]],
    feedback: Sequence[float],
    length_weight: float = _LENGTH_WEIGHT,
) -> list[float]:
    """The scores, each with its share in `feedback` of how well the text has the words of the best texts."""
    if not any(scores):
        return list(scores)
    wanted = _feedback_words(scores, words)
    more = SearchedTexts.of(words, wanted).scores(wanted, length_weight)
    return [score + share * other for score, share, other in zip(scores, feedback, more, strict=True)]


def bm25_with_synonyms(synonyms: Synonyms, words: Sequence[Sequence[str]]) -> list[float]:
    """As `bm25`, but the `synonyms` of an asked word count for it at their shares: of those that a text has,
    the one that counts most."""
    return SearchedTexts.of(words, words_of(synonyms)).scores_with_synonyms(synonyms)


def words_of(synonyms: Synonyms) -> frozenset[str]:
    """The asked words and their synonyms."""
    return frozenset(synonyms).union(*synonyms.values())


def mentions(words: Sequence[Sequence[str]], wanted: Set[str]) -> list[Mentions]:
    """Which of the wanted words each text mentions, given by its `stems`."""
    return [tuple([word for word in found if word in wanted]) for found in words]


class SearchedTexts:
    """Texts of which no more is known than what each mentions and how many words it has. Those that are alike
    in that are scored once."""

    def __init__(self, mentioned: Sequence[Mentions], lengths: Sequence[int]) -> None:
        places: dict[tuple[Mentions, int], int] = {}
        texts = zip(mentioned, lengths, strict=True)
        self._places = [places.setdefault(text, len(places)) for text in texts]
        self._lengths = [length for _, length in places]
        counts = {found: list(Counter(found).items()) for found, _ in places}
        self._counts = [counts[found] for found, _ in places]
        self._mean_length = sum(lengths) / max(1, len(lengths)) or 1.0
        self._rarity = self._rarity_of_words()

    @classmethod
    def of(cls, words: Sequence[Sequence[str]], wanted: Set[str]) -> SearchedTexts:
        """The texts with these stems, and what each mentions of the wanted words."""
        return cls(mentions(words, wanted), list(map(len, words)))

    def scores(self, asked: Set[str], length_weight: float = _LENGTH_WEIGHT) -> list[float]:
        """The relevance of each text to the asked words, as `bm25` says."""
        rarity = {word: weight for word, weight in self._rarity.items() if word in asked}
        return self._each(
            [
                sum([rarity[word] * _saturated(n, length) for word, n in counts if word in rarity])
                for counts, length in zip(self._counts, self._relative(length_weight), strict=True)
            ]
        )

    def scores_with_synonyms(self, synonyms: Synonyms) -> list[float]:
        """The same, as `bm25_with_synonyms` says."""
        shares_of = _shares_of(synonyms)
        counted_for = {
            word: (weight, shares_of[word]) for word, weight in self._rarity.items() if word in shares_of
        }
        scores = []
        for counts, length in zip(self._counts, self._relative(_LENGTH_WEIGHT), strict=True):
            best: dict[str, float] = {}
            for word, times in counts:
                if word not in counted_for:
                    continue
                rarity, shares = counted_for[word]
                weight = rarity * _saturated(times, length)
                for asked, share in shares:
                    if share * weight > best.get(asked, 0.0):
                        best[asked] = share * weight
            scores.append(sum(best.values()))
        return self._each(scores)

    def _each(self, scores: Sequence[float]) -> list[float]:
        """The score of every text, so that the best is 1."""
        best = max(scores, default=0.0)
        shares = [score / best for score in scores] if best > 0 else scores
        return [shares[place] for place in self._places]

    def _relative(self, weight: float) -> list[float]:
        """The lengths by this weight, 1 for the mean."""
        return [1 - weight + weight * (length / self._mean_length) for length in self._lengths]

    def _rarity_of_words(self) -> dict[str, float]:
        """BM25's weight of each word: higher the fewer of the texts have it."""
        seen: dict[str, int] = {}
        for place, times in Counter(self._places).items():
            for word, _ in self._counts[place]:
                seen[word] = seen.get(word, 0) + times
        total = len(self._places)
        return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in seen.items()}


def _shares_of(synonyms: Synonyms) -> dict[str, list[tuple[str, float]]]:
    """For each word the asked words that it counts for, with its share."""
    found: dict[str, list[tuple[str, float]]] = {}
    for asked, shares in synonyms.items():
        for word, share in ((asked, 1.0), *shares.items()):
            found.setdefault(word, []).append((asked, share))
    return found


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


def _saturated(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * length)
