"""The words of a prompt that mean nearly what a word of the query means, by static vectors.

Before: "What about the price?", and a passage that says "The costs are low; my fingers are cold."
After:  price -> costs 0.29
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.words import stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The lowest cosine of a synonym, how many synonyms a word has at most, and the share of the cosine that a
# mention of one counts.
_MIN_COSINE = 0.2
_MAX_SYNONYMS = 10
_SHARE = 0.5
# Long queries need no synonym expansion.
_MAX_QUERY_WORDS = 64
# The last digits of a sum are not the same on every processor.
_DECIMALS = 3


def synonyms(query: str, words: WordVectors) -> dict[str, dict[str, float]]:
    """For each word of the query its synonyms among the others, each with the share that a mention of it
    counts of one of the word itself; all as stems. None for a query that is a long text."""
    from numpy import einsum

    # The vectors are of English words: of other scripts they know syllables.
    asked = list(dict.fromkeys(stem for stem in stems([query])[0] if stem in words.rows and stem.isascii()))
    if not 0 < len(asked) <= _MAX_QUERY_WORDS:
        return {}
    # Not by a matrix product: its threads wait for each other longer than they compute.
    cosines = einsum("ad,wd->aw", words.vectors[[words.rows[stem] for stem in asked]], words.vectors)
    written = list(words.rows)
    return {
        stem: _nearest(stem, written, row.astype(float).round(_DECIMALS))
        for stem, row in zip(asked, cosines, strict=True)
    }


def _nearest(asked: str, written: Sequence[str], cosines: NDArray[np.float64]) -> dict[str, float]:
    rows = (cosines >= _MIN_COSINE).nonzero()[0].tolist()
    found = {written[row]: float(cosines[row]) for row in rows if written[row] != asked}
    nearest = sorted(found, key=lambda stem: (-found[stem], stem))[:_MAX_SYNONYMS]
    return {stem: _SHARE * found[stem] for stem in nearest}
