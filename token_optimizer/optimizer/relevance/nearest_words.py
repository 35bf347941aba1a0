"""How near each text of a prompt comes to every word of a short question, by the static vectors of words.

Each asked word is compared with the nearest word of the text (as ColBERT compares tokens: Khattab and
Zaharia, SIGIR 2020), and the rare ones among the texts count for more. So a text is found that says all of
what is asked in other words; BM25 finds the one that says it in the same words.

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
from token_optimizer.optimizer.relevance.near_words import WordVectors
from token_optimizer.optimizer.relevance.words import stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Who asks at more length says it in words enough, and what is near all of them is near anything.
_MAX_ASKED = 12
# The last digits of a sum are not the same on every processor.
_DECIMALS = 3


def nearness(query: str, texts: Sequence[str]) -> list[float]:
    """For each text 0 for no more than the usual text, and 1 for the nearest.

    Zeros where the question has no word with a vector, or too many, or where there are no static vectors.
    """
    nothing = [0.0] * len(texts)
    if not texts or not 0 < len(set(stems([query])[0])) <= _MAX_ASKED:
        return nothing
    try:
        words = WordVectors.of([query, *texts])
    except StageSkipped:
        return nothing
    asked, *found = words.texts
    if not asked or not any(found):
        return nothing
    return _above_usual(_alike(words, asked, found))


def _alike(words: WordVectors, asked: Sequence[int], texts: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """The mean over the asked words of the cosine that the nearest word of each text has; 0 without words."""
    import numpy as np

    weights = np.array(_rarity(asked, texts))
    cosines = words.vectors @ words.vectors[asked].T
    filled = [at for at, rows in enumerate(texts) if rows]
    starts = [0, *accumulate(len(texts[at]) for at in filled)][:-1]
    nearest = np.maximum.reduceat(cosines[list(chain.from_iterable(texts))], starts, axis=0)
    alike = np.zeros(len(texts))
    alike[filled] = nearest.astype(float) @ weights / weights.sum()
    return alike


def _rarity(asked: Sequence[int], texts: Sequence[Sequence[int]]) -> list[float]:
    """The weight of each asked word: more the fewer texts have it, and most where none has."""
    seen: Mapping[int, int] = Counter(chain.from_iterable(texts))
    return [math.log(1 + len(texts) / (seen[row] or 1)) for row in asked]


def _above_usual(alike: NDArray[np.float64]) -> list[float]:
    """What each text has above the median one, as a share of what the best has: any text is near by a bit."""
    import numpy as np

    above = np.clip(alike - np.median(alike), 0.0, None)
    best = float(above.max())
    return [float(value) for value in (above / best).round(_DECIMALS)] if best > 0 else [0.0] * len(alike)
