"""How central each passage of a text is: sumy's TextRank, without the data that sumy downloads.

sumy splits texts by nltk's data, which is not in its wheel: the passages come ready here, and their words are
the stems that the optimizer compares everywhere. sumy compares each pair of sentences in Python; the same
matrix is one product of arrays, and texts of many passages are ranked in windows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.summarizers.text_rank import TextRankSummarizer

from token_optimizer.optimizer.relevance import stems

# The product takes time with the square of it; sentences far apart say little of one another.
_WINDOW_PASSAGES = 400


class TextRank(TextRankSummarizer):
    """sumy's summarizer with its matrix made at once."""

    def _create_matrix(self, document: ObjectDocumentModel) -> NDArray[np.float64]:
        counts = _counts([self._to_words_set(sentence) for sentence in document.sentences])
        lengths = np.log(np.maximum(counts.sum(axis=1), 1.0))
        norms = lengths[:, None] + lengths[None, :]
        weights = counts @ counts.T / np.where(np.isclose(norms, 0.0), 1.0, norms)
        weights /= weights.sum(axis=1)[:, None] + self._ZERO_DIVISION_PREVENTION
        matrix: NDArray[np.float64] = (1.0 - self.damping) / len(counts) + self.damping * weights
        return matrix


class _Stems:
    """What sumy asks of a tokenizer, with the optimizer's stems as words."""

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(stems([sentence])[0])


def text_ranks(passages: Sequence[str]) -> list[float]:
    """The rank of each passage: 1 for the most central of its window."""
    found: list[float] = []
    for start in range(0, len(passages), _WINDOW_PASSAGES):
        document = document_of(passages[start : start + _WINDOW_PASSAGES])
        ratings = TextRank().rate_sentences(document)
        best = max(ratings.values())
        found += [float(ratings[sentence] / best) for sentence in document.sentences]
    return found


def document_of(passages: Sequence[str]) -> ObjectDocumentModel:
    """The passages as sumy's document, of one paragraph."""
    return ObjectDocumentModel([Paragraph([Sentence(passage, _Stems()) for passage in passages])])


def _counts(words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """How often each passage has each word."""
    columns: dict[str, int] = {}
    places = [[columns.setdefault(word, len(columns)) for word in said] for said in words]
    counts = np.zeros((len(words), max(len(columns), 1)))
    for row, said in enumerate(places):
        np.add.at(counts[row], said, 1.0)
    return counts
