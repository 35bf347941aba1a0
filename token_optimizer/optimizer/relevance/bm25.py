"""How much the passages of one prompt have to do with the question.

Relevance is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the prompt's own
passages, so it needs no corpus and no model. Words are compared by a light stem.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.relevance.mentions import Mentions
from token_optimizer.optimizer.relevance.words import stems_of

_K1 = 1.2
# BM25's b. Low: among the passages of one prompt, a long one says more about its subject.
_LENGTH_WEIGHT = 0.2
_FEEDBACK_TEXTS = 10
_FEEDBACK_WORDS = 12

# For each asked word the words that count for it, each with its share.
Synonyms = Mapping[str, Mapping[str, float]]
Scores = NDArray[np.float64]


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
    found = scores(Mentions.of(words, asked), dict.fromkeys(asked, 1.0), length_weight)
    if any(feedback):
        weights = np.asarray(feedback)
        found = with_feedback(found, words.__getitem__, partial(Mentions.of, words), weights, length_weight)
    return found.tolist()


def with_feedback(
    found: Scores,
    words_of_text: Callable[[int], Sequence[str]],
    mentions_of: Callable[[Set[str]], Mentions],
    feedback: Scores,
    length_weight: float = _LENGTH_WEIGHT,
) -> Scores:
    """The scores, each with its share in `feedback` of how well the text has the words of the best texts."""
    if not found.any():
        return found
    worths = _words_of_best(found.tolist(), words_of_text)
    mentions = mentions_of(worths.keys())
    typical = dict.fromkeys(_typical_words(worths, mentions), 1.0)
    more: Scores = feedback * scores(mentions, typical, length_weight)
    return found + more


def bm25_with_synonyms(synonyms: Synonyms, words: Sequence[Sequence[str]]) -> list[float]:
    """As `bm25`, but the `synonyms` of an asked word count for it at their shares: of those that a text has,
    the one that counts most."""
    return scores_with_synonyms(Mentions.of(words, words_of(synonyms)), synonyms).tolist()


def words_of(synonyms: Synonyms) -> frozenset[str]:
    """The asked words and their synonyms."""
    return frozenset(synonyms).union(*synonyms.values())


def scores(mentions: Mentions, asked: Mapping[str, float], length_weight: float = _LENGTH_WEIGHT) -> Scores:
    """The relevance of each text to the asked words, as `bm25` says, each as often as it is asked for."""
    times = np.array([asked.get(word, 0.0) for word in mentions.words], float)
    weights = _weights(mentions, length_weight) * times[mentions.word_numbers]
    found = np.bincount(mentions.text_numbers, weights, minlength=mentions.texts)
    return _shares(np.asarray(found, np.float64))


def scores_with_synonyms(mentions: Mentions, synonyms: Synonyms) -> Scores:
    """The same, as `bm25_with_synonyms` says."""
    weights = _weights(mentions, _LENGTH_WEIGHT)
    rows = {word: row for row, word in enumerate(mentions.words)}
    total: Scores = np.zeros(mentions.texts)
    for asked, near in synonyms.items():
        share = np.zeros(len(rows))
        for word, part in ((asked, 1.0), *near.items()):
            share[rows[word]] = part
        counted = share[mentions.word_numbers] > 0
        best = np.zeros(mentions.texts)
        found = (share[mentions.word_numbers] * weights)[counted]
        np.maximum.at(best, mentions.text_numbers[counted], found)
        total += best
    return _shares(total)


def _weights(mentions: Mentions, length_weight: float) -> Scores:
    """What each mention counts by BM25."""
    relative = 1 - length_weight + length_weight * (mentions.lengths / (mentions.mean_length or 1.0))
    times = mentions.times
    saturated = times * (_K1 + 1) / (times + _K1 * relative[mentions.text_numbers])
    weights: Scores = _rarity(mentions)[mentions.word_numbers] * saturated
    return weights


def _rarity(mentions: Mentions) -> Scores:
    """BM25's weight of each word: higher the fewer of the texts have it."""
    seen = np.bincount(mentions.word_numbers, minlength=len(mentions.words)).tolist()
    # Logarithms of arrays differ in their last digits from processor to processor.
    return np.array([math.log(1 + (mentions.texts - n + 0.5) / (n + 0.5)) for n in seen])


def _shares(found: Scores) -> Scores:
    """The scores, so that the best is 1."""
    best = float(found.max(initial=0.0))
    return found / best if best > 0 else found


def _words_of_best(found: Sequence[float], words_of_text: Callable[[int], Sequence[str]]) -> dict[str, float]:
    """The words of the best texts, with how good the texts are that have each."""
    best = sorted(range(len(found)), key=lambda at: (-found[at], at))[:_FEEDBACK_TEXTS]
    worths: dict[str, float] = {}
    for at in best:
        for word in dict.fromkeys(words_of_text(at)):
            worths[word] = worths.get(word, 0.0) + found[at]
    return worths


def _typical_words(worths: Mapping[str, float], mentions: Mentions) -> set[str]:
    """The words that are frequent in the best texts and rare in the others."""
    seen = np.bincount(mentions.word_numbers, minlength=len(mentions.words)).tolist()
    spread = dict(zip(mentions.words, seen, strict=True))
    typical = {word: worth * math.log(mentions.texts / spread[word]) for word, worth in worths.items()}
    return set(sorted(typical, key=lambda word: (-typical[word], word))[:_FEEDBACK_WORDS])
