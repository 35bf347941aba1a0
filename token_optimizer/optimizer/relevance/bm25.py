"""How much the passages of one prompt have to do with the question, and which names they mention.

Relevance is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the prompt's own
passages, so it needs no corpus and no model. Words are compared by a light stem.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set

_WORD = re.compile(r"[^\W_]+")
_K1 = 1.2
# Little: among passages of one prompt, a long one says more about what it speaks of.
_B = 0.2
_FEEDBACK_TEXTS = 10
_FEEDBACK_WORDS = 12
_ENDINGS = re.compile(
    r"(?:(?<=[^\W\d_]{3})(?:ational|ation|ations|ement|ments|ment|ingly|edly|ings|ing|ies|ied|ers|er|ed|es|ly"
    r"|e|s|y|\Z))$"
)
_STOP = (
    "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "before", "being", "but", "by", "can", "could", "did", "didn", "do", "does", "doesn",
    "doing", "don", "done", "for", "from", "get", "give", "go", "had", "has", "have", "he", "her",
    "hers", "him", "his", "how", "if", "in", "into", "is", "isn", "it", "its", "just", "kind", "like",
    "ll", "may", "me", "might", "mine", "more", "most", "much", "my", "no", "not", "of", "on", "one",
    "only", "or", "our", "out", "over", "please", "re", "she", "should", "so", "some", "such", "tell",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to",
    "too", "under", "up", "us", "ve", "very", "was", "wasn", "we", "were", "what", "when", "where",
    "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "would", "yes", "you",
    "your", "yours",
)  # fmt: skip

_SAYS_NOTHING = frozenset(_STOP)

_NAME = re.compile(
    r"(?<![\w$])(?=\w*(?:[\d_]|[a-z][A-Z]|[./:@#=-]\w*[\d_./]|\.\w)|[A-Z]{2})[\w$]+(?:[./:@#+=-]+[\w$]+)*"
)
_PART = re.compile(r"[./:@#+=-]+")
_LONGEST_NAME = 200
_CAPITALS_WEIGHT = 0.3
_PART_WEIGHT = 0.15


class _Stems(dict[str, str]):
    """The stem of each word seen; the empty string for words that say nothing."""

    def __missing__(self, word: str) -> str:
        # One letter is what an apostrophe leaves of a word, or an initial.
        said = len(word) > 1 or word.isdigit()
        stem = "" if word in _SAYS_NOTHING or not said else _ENDINGS.sub("", word) or word
        self[word] = stem
        return stem


def stems(texts: Sequence[str]) -> list[list[str]]:
    """The stems of the words of each text that say something, in order."""
    known = _Stems()
    return [_stems_of(text, known) for text in texts]


def stem_words(texts: Sequence[str]) -> tuple[dict[str, str], list[set[str]]]:
    """Each stem with the shortest of its words, in the same order whatever that of the texts; and the stems
    of each text."""
    words = [set(_WORD.findall(text.lower())) for text in texts]
    known = _Stems()
    written: dict[str, str] = {}
    for word in sorted(set().union(*words), key=lambda word: (len(word), word)):
        if stem := known[word]:
            written.setdefault(stem, word)
    return written, [{stem for word in found if (stem := known[word])} for found in words]


def bm25(query: str, words: Sequence[Sequence[str]], feedback: Sequence[float] = ()) -> list[float]:
    """The relevance of each text, given by its `stems`, to the query: 0 for none; the best is about 1.

    Where a text's `feedback` is not 0, the words that mark the best texts out are asked of it too, at that
    share of the weight: so a passage is found that speaks of the same thing in other words (relevance
    feedback, after RM3 in Abdul-Jaleel et al., UMass at TREC 2004).
    """
    asked = set(_stems_of(query, _Stems()))
    if not asked or not words:
        return [0.0] * len(words)
    lengths = _lengths(words)
    scores = _scores(asked, words, lengths)
    if any(feedback) and any(scores):
        more = _scores(_marking(scores, words), words, lengths)
        return [score + share * other for score, share, other in zip(scores, feedback, more, strict=True)]
    return scores


def bm25_near(near: Mapping[str, Mapping[str, float]], words: Sequence[Sequence[str]]) -> list[float]:
    """As `bm25`, but the words that are `near` an asked one stand for it at their shares: of those that a
    text has, the one that says most."""
    stands_for: dict[str, list[tuple[str, float]]] = {}
    for asked, shares in near.items():
        for word, share in ((asked, 1.0), *shares.items()):
            stands_for.setdefault(word, []).append((asked, share))
    lengths = _lengths(words)
    counts = [Counter([word for word in found if word in stands_for]) for found in words]
    rarity = _rarity(counts)
    scores = []
    for count, length in zip(counts, lengths, strict=True):
        most: dict[str, float] = {}
        for word, times in count.items():
            said = rarity[word] * _saturated(times, length)
            for asked, share in stands_for[word]:
                most[asked] = max(most.get(asked, 0.0), share * said)
        scores.append(sum(most.values()))
    return _to_one(scores)


def _lengths(words: Sequence[Sequence[str]]) -> list[float]:
    """The length of each text, 1 for the mean."""
    mean = sum(map(len, words)) / max(1, len(words)) or 1.0
    return [len(found) / mean for found in words]


def _scores(asked: Set[str], words: Sequence[Sequence[str]], lengths: Sequence[float]) -> list[float]:
    counts = [Counter([word for word in found if word in asked]) for found in words]
    rarity = _rarity(counts)
    return _to_one(
        [
            sum(rarity[word] * _saturated(count, length) for word, count in found.items())
            for found, length in zip(counts, lengths, strict=True)
        ]
    )


def _marking(scores: Sequence[float], words: Sequence[Sequence[str]]) -> set[str]:
    """The words that mark the best texts out from the others."""
    best = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:_FEEDBACK_TEXTS]
    weight: dict[str, float] = {}
    for at in best:
        for word in dict.fromkeys(words[at]):
            weight[word] = weight.get(word, 0.0) + scores[at]
    spread = Counter(word for found in words for word in set(found) if word in weight)
    marking = {word: worth * math.log(len(words) / spread[word]) for word, worth in weight.items()}
    return set(sorted(marking, key=lambda word: (-marking[word], word))[:_FEEDBACK_WORDS])


def _to_one(scores: list[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [score / best for score in scores] if best > 0 else scores


def says_something(word: str) -> bool:
    """Whether the word has a meaning of its own, as neither a single letter nor a function word has."""
    return len(word) > 1 and word.lower() not in _SAYS_NOTHING


def names(text: str) -> Iterator[str]:
    """Identifiers, paths and numbers of a text, and the parts of the compound ones."""
    return (name for name, _ in weighed_names(text))


def weighed_names(text: str) -> Iterator[tuple[str, float]]:
    """The names with what a mention is worth: less for a part of one, or a word that is only in capitals."""
    for match in _NAME.finditer(text):
        name = match.group()[:_LONGEST_NAME]
        if name.isalpha() and name.isupper():
            if name.lower() not in _SAYS_NOTHING:
                yield name, _CAPITALS_WEIGHT
        elif len(name) > 1:
            yield name, 1.0
        parts = _PART.split(name)
        if len(parts) > 1:
            yield from ((part, _PART_WEIGHT) for part in parts if len(part) > 1)


def _stems_of(text: str, known: _Stems) -> list[str]:
    return [stem for word in _WORD.findall(text.lower()) if (stem := known[word])]


def _rarity(counts: Sequence[Mapping[str, int]]) -> dict[str, float]:
    """BM25's weight of each word: the rarer among the texts, the more it says."""
    seen = Counter(word for found in counts for word in found)
    total = len(counts)
    return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in seen.items()}


def _saturated(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length))
