"""The words of a prompt that mean nearly what a word of the question means, by static vectors.

Before: "What about the price?", and a passage that says "The costs are low; my fingers are cold."
After:  price -> costs 0.29

The vectors are of words, not of passages: a prompt of 60,000 tokens has but some thousand of them, and the
mean of a long turn says little of what one of its sentences says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from token_optimizer.errors import ConfigError, StageSkipped
from token_optimizer.optimizer.relevance.words import stem_words, stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A word stands for an asked one at a share of its nearness, where that is as much (a cosine), and where it is
# one of the nearest few.
_MIN_NEARNESS = 0.2
_MAX_NEAR = 10
_SHARE = 0.5
# Who asks at length says it in all the words there are.
_MAX_ASKED = 64
# The last digits of a sum are not the same on every processor.
_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The words of some texts by their stems, with a row of `vectors` for each, and the rows of each text's
    words. Numbers have none."""

    rows: Mapping[str, int]
    vectors: NDArray[np.float32]
    texts: Sequence[Sequence[int]]

    @classmethod
    def of(cls, texts: Sequence[str]) -> WordVectors:
        """Raises StageSkipped where static vectors are not installed."""
        written, stems_of_texts = stem_words(texts)
        written = {stem: word for stem, word in written.items() if not stem.isdigit()}
        rows = {stem: row for row, stem in enumerate(written)}
        of_texts = [sorted(rows[stem] for stem in found if stem in rows) for found in stems_of_texts]
        return cls(rows, _vectors(list(written.values())), of_texts)

    def means(self) -> list[NDArray[np.float32]]:
        """The mean of the vectors of each text's different words; zeros for a text without a word."""
        return [self.vectors[rows].sum(axis=0) / max(1, len(rows)) for rows in self.texts]


def near_words(query: str, words: WordVectors) -> dict[str, dict[str, float]]:
    """For each word of the query the others that are near it, each with the share that a mention of it counts
    of one of the word itself; all as stems. None for a query that is a long text."""
    from numpy import einsum

    asked = list(dict.fromkeys(stem for stem in stems([query])[0] if stem in words.rows))
    if not 0 < len(asked) <= _MAX_ASKED:
        return {}
    # Not by a matrix product: its threads wait for each other longer than they compute.
    found = einsum("ad,wd->aw", words.vectors[[words.rows[stem] for stem in asked]], words.vectors)
    written = list(words.rows)
    return {
        stem: _nearest(stem, written, nearness.astype(float).round(_DECIMALS))
        for stem, nearness in zip(asked, found, strict=True)
    }


def _nearest(asked: str, written: Sequence[str], nearness: NDArray[np.float64]) -> dict[str, float]:
    rows = (nearness >= _MIN_NEARNESS).nonzero()[0].tolist()
    near = {written[row]: float(nearness[row]) for row in rows if written[row] != asked}
    nearest = sorted(near, key=lambda stem: (-near[stem], stem))[:_MAX_NEAR]
    return {stem: _SHARE * near[stem] for stem in nearest}


def _vectors(words: list[str]) -> NDArray[np.float32]:
    try:
        from token_optimizer.optimizer.embeddings.static import static_embedder

        embedder = static_embedder()
    except (ConfigError, ImportError) as error:
        raise StageSkipped(
            "static vectors are not installed: pip install 'token-optimizer[semantic]'"
        ) from error
    return embedder.embed(words)
