"""How central each passage of a text is, by the summarizers of the package sumy: LexRank, LSA, Luhn, KL.

The passages are our own, and their words the stems that the optimizer compares everywhere, so sumy downloads
nothing. Importing it takes seconds, hence only where a config asks for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.relevance.words import stems

_CLASSES = {
    "lexrank": ("sumy.summarizers.lex_rank", "LexRankSummarizer"),
    "lsa": ("sumy.summarizers.lsa", "LsaSummarizer"),
    "luhn": ("sumy.summarizers.luhn", "LuhnSummarizer"),
    "kl": ("sumy.summarizers.kl", "KLSummarizer"),
}
# Their time grows with the square of it and more; sentences far apart say little of one another.
_WINDOW_PASSAGES = 100
# The last digits of a sum depend on the order of a set of words.
_DECIMALS = 6


class _Sentence:
    """What sumy reads of a sentence. Two with the same words are two keys of a dictionary."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)


class _Document:
    """What sumy reads of a document."""

    def __init__(self, passages: Sequence[Sequence[str]]) -> None:
        self.sentences = tuple(map(_Sentence, passages))
        self.words = tuple(word for words in passages for word in words)


def check_sumy() -> None:
    """ConfigError where the package is not installed."""
    if find_spec("sumy") is None:
        raise ConfigError(
            "all summarizers but textrank need the package sumy: pip install 'token-optimizer[compression]'"
        )


def sumy_ranks(name: str) -> Callable[[Sequence[str]], list[float]]:
    """The function that ranks passages by this summarizer: 0 to 1, 1 for the most central of its window."""
    check_sumy()
    module, class_name = _CLASSES[name]
    summarizer = _with_all_ratings(getattr(import_module(module), class_name))
    # It is told of short texts, too, where it does well enough.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"sumy\.")

    def ranks(passages: Sequence[str]) -> list[float]:
        words = stems(passages)
        starts = range(0, len(words), _WINDOW_PASSAGES)
        return [rank for at in starts for rank in _ranks(summarizer, words[at : at + _WINDOW_PASSAGES])]

    return ranks


def _with_all_ratings(summarizer: Any) -> Any:
    """The summarizer, which instead of the best sentences returns the rating of each."""

    class Ratings(summarizer):
        @staticmethod
        def _get_best_sentences(sentences: Any, _count: Any, rating: Any, *args: Any) -> list[float]:
            rate = rating.get if isinstance(rating, dict) else rating
            return [float(rate(sentence, *args)) for sentence in sentences]

    return Ratings()


def _ranks(summarizer: Any, words: Sequence[Sequence[str]]) -> list[float]:
    """The ratings between 0 and 1; 0 for a passage without a word, which no summarizer is given."""
    filled = [place for place, found in enumerate(words) if found]
    ranks = np.zeros(len(words))
    if filled:
        ratings = np.array(summarizer(_Document([words[place] for place in filled]), None))
        ranks[filled] = _scaled(ratings)
    return [float(rank) for rank in ranks.round(_DECIMALS)]


def _scaled(ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 for the lowest to 1 for the highest; 1 for all where they are equal."""
    spread = float(np.ptp(ratings))
    scaled: NDArray[np.float64] = (ratings - ratings.min()) / spread if spread > 0 else np.ones(len(ratings))
    return scaled
