"""Maximal marginal relevance: blocks that are near the question, and say other things than those chosen.

Before: question, and by nearness A 0.9, B 0.89 (almost the same as A), C 0.8; two are wanted, lambda 0.7
After:  A, C
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.models import Block


def mmr_selection(
    candidates: Sequence[Block], query_embedding: ArrayLike, lambda_param: float, top_k: int
) -> list[Block]:
    """At most `top_k` blocks, one after the other the best of those left.

    A block is worth lambda * sim(query, block) - (1 - lambda) * max(sim(block, each chosen one)).
    Similarities are cosines. Of equals the earlier comes first; a block without an embedding is like nothing.
    """
    if not 0 <= lambda_param <= 1:
        raise ConfigError(f"lambda_param must be between 0 and 1, not {lambda_param!r}")
    if not candidates or top_k <= 0:
        return []
    query = unit_rows([query_embedding])[0]
    vectors = unit_rows([block.embedding for block in candidates], dimensions=len(query))
    return [candidates[at] for at in chosen_by_mmr(vectors, vectors @ query, lambda_param, top_k)]


def chosen_by_mmr(
    vectors: NDArray[np.float32], relevance: NDArray[np.float32], lambda_param: float, top_k: int
) -> list[int]:
    """The rows that MMR chooses, in that order, by any measure of relevance of about 0..1."""
    worth = lambda_param * relevance.astype(np.float64)
    nearest = np.full(len(vectors), -np.inf)
    left = worth.copy()
    chosen: list[int] = []
    for _ in range(min(top_k, len(vectors))):
        best = int(np.argmax(left))
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
        left = worth - (1 - lambda_param) * nearest
        left[chosen] = -np.inf
    return chosen


def unit_rows(vectors: Sequence[Any], dimensions: int | None = None) -> NDArray[np.float32]:
    """The vectors as rows of length 1; None and the zero vector as zeros.

    A matrix of one row, as `embed([text])` gives it, counts as its row.
    """
    width = dimensions if dimensions is not None else np.size(vectors[0])
    rows = np.zeros((len(vectors), width), dtype=np.float32)
    for at, vector in enumerate(vectors):
        if vector is None:
            continue
        if np.size(vector) != width:
            raise ConfigError(f"a vector of {np.size(vector)} numbers cannot be compared with one of {width}")
        rows[at] = np.ravel(vector)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=np.isfinite(lengths) & (lengths > 0))
