"""How central each passage of a text is: TextRank as sumy has it (Mihalcea and Tarau, TextRank, EMNLP 2004).

Importing sumy brings nltk, scipy and scikit-learn along where they are installed: 1.5 s and 100 MB for each
process. So the ranks are made here, with one product of arrays for sumy's comparison of each pair of
sentences, and a test holds them equal to sumy's. The words are the stems that the optimizer compares
everywhere, and texts of many passages are ranked in windows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.relevance.words import stems

# The product takes time with the square of it; sentences far apart say little of one another.
_WINDOW_PASSAGES = 400
_DAMPING = 0.85
_EPSILON = 1e-4
_NO_ZERO = 1e-7


def text_ranks(passages: Sequence[str]) -> list[float]:
    """The rank of each passage: 1 for the most central of its window."""
    words = stems(list(passages))
    found: list[float] = []
    for start in range(0, len(words), _WINDOW_PASSAGES):
        ranks = _stationary(rank_matrix(words[start : start + _WINDOW_PASSAGES]))
        found += (ranks / ranks.max()).tolist()
    return found


def rank_matrix(words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """How likely a reader goes from each passage, given by its words, to each other one."""
    counts = _counts(words)
    lengths = np.log(np.maximum(counts.sum(axis=1), 1.0))
    norms = lengths[:, None] + lengths[None, :]
    weights = counts @ counts.T / np.where(np.isclose(norms, 0.0), 1.0, norms)
    weights /= weights.sum(axis=1)[:, None] + _NO_ZERO
    matrix: NDArray[np.float64] = (1.0 - _DAMPING) / len(counts) + _DAMPING * weights
    return matrix


def _stationary(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a reader is found in the long run, by the power method."""
    ranks = np.full(len(matrix), 1.0 / len(matrix))
    moved = 1.0
    while moved > _EPSILON:
        following = matrix.T @ ranks
        moved = float(np.linalg.norm(following - ranks))
        ranks = following
    return ranks


def _counts(words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """How often each passage has each word."""
    columns: dict[str, int] = {}
    places = [[columns.setdefault(word, len(columns)) for word in said] for said in words]
    counts = np.zeros((len(words), max(len(columns), 1)))
    for row, said in enumerate(places):
        np.add.at(counts[row], said, 1.0)
    return counts
