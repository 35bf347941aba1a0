"""How much of a text's meaning another one still has, by the vectors of their sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.embeddings.static import static_embedder
from token_optimizer.text.sentences import sentences

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

# How alike by static vectors two sentences of one text are that have nothing to do with each other.
_UNRELATED = 0.4
_ROWS_AT_ONCE = 1000


def meaning_kept(original: str, compressed: str, embed: Embed | None = None) -> float:
    """How near each sentence has one of the compressed text's, from 0 to 1; long sentences count for more.

    `embed` gives normalised vectors; the static ones where it is None. ConfigError where these are not here.
    """
    before, after = list(sentences(original)), list(sentences(compressed))
    if not before or not after:
        return float(before == after)
    near_of = dict.fromkeys(after, 1.0)
    lost = list(dict.fromkeys(sentence for sentence in before if sentence not in near_of))
    if lost:
        vectors = embed or static_embedder().embed
        best = _best(vectors(lost), vectors(list(near_of)))
        near_of.update(zip(lost, np.clip((best - _UNRELATED) / (1 - _UNRELATED), 0.0, 1.0), strict=True))
    near = np.array([near_of[sentence] for sentence in before])
    weights = np.sqrt([len(sentence) for sentence in before])
    return float((near * weights).sum() / weights.sum())


def _best(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float32]:
    """The highest cosine of each row, some rows at once: a long text has thousands."""
    starts = range(0, len(wanted), _ROWS_AT_ONCE)
    return np.concatenate([(wanted[at : at + _ROWS_AT_ONCE] @ found.T).max(axis=1) for at in starts])
