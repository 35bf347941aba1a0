"""How similar each text of a prompt is to a short query, word by word, by static vectors.

Each word of the query is compared with the nearest word of the text (as ColBERT compares tokens: Khattab and
Zaharia, SIGIR 2020), and words that few texts have count for more. This finds a text that answers in other
words; BM25 finds the one that answers in the same words.

Before: "What about the price?", and the texts "The costs are low." and "Two giraffes drank from the lake."
After:  1.0 and 0.0
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from token_optimizer.errors import StageSkipped
from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.words import stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A text that is near all the words of a long query is near anything.
_MAX_QUERY_WORDS = 12
# The last digits of a sum are not the same on every processor.
_DECIMALS = 3


def word_similarities(query: str, texts: Sequence[str]) -> list[float]:
    """For each text 0 up to the median similarity, and 1 for the most similar.

    Zeros where the query has no word with a vector, or too many, or where there are no static vectors.
    """
    nothing = [0.0] * len(texts)
    if not texts or not 0 < len(set(stems([query])[0])) <= _MAX_QUERY_WORDS:
        return nothing
    try:
        words = WordVectors.of([query, *texts])
    except StageSkipped:
        return nothing
    asked, *found = words.texts
    if not asked or not any(found):
        return nothing
    return _above_median(_similarities(words, asked, found))


def _similarities(
    words: WordVectors, asked: Sequence[int], texts: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """The mean over the asked words of the cosine that the nearest word of each text has; 0 without words."""
    import numpy as np

    weights = np.array(_rarity(asked, texts))
    cosines = words.vectors @ words.vectors[asked].T
    filled = [at for at, rows in enumerate(texts) if rows]
    starts = [0, *accumulate(len(texts[at]) for at in filled)][:-1]
    nearest = np.maximum.reduceat(cosines[list(chain.from_iterable(texts))], starts, axis=0)
    similarities = np.zeros(len(texts))
    similarities[filled] = nearest.astype(float) @ weights / weights.sum()
    return similarities


def _rarity(asked: Sequence[int], texts: Sequence[Sequence[int]]) -> list[float]:
    """The weight of each asked word: more the fewer texts have it, and most where none has."""
    seen: Mapping[int, int] = Counter(chain.from_iterable(texts))
    return [math.log(1 + len(texts) / (seen[row] or 1)) for row in asked]


def _above_median(similarities: NDArray[np.float64]) -> list[float]:
    """How far each text is above the median, as a share of the best: any two texts are a little similar."""
    import numpy as np

    above = np.clip(similarities - np.median(similarities), 0.0, None)
    best = float(above.max())
    return (
        [float(value) for value in (above / best).round(_DECIMALS)] if best > 0 else [0.0] * len(similarities)
    )
