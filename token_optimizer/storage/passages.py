"""What an owner's stored blocks have for a question, as passages that a request can take in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector

from token_optimizer.ports import RetrievedPassage
from token_optimizer.storage.blocks import Cursor
from token_optimizer.storage.search import FoundBlock, search

Vectors = Mapping[UUID, NDArray[np.float32]]


def passages_for(
    cursor: Cursor, owner: str, query: str, vector: NDArray[np.float32] | None, model: str, top_k: int
) -> list[RetrievedPassage]:
    """The owner's blocks that fit the question best, best first; by words alone where `vector` is None."""
    found = search(cursor, owner, query, vector, model, top_k)
    vectors = {} if vector is None else vectors_of(cursor, owner, model, [block.id for block in found])
    return [_passage(block, vector, vectors.get(block.id)) for block in found]


def vectors_of(cursor: Cursor, owner: str, model: str, block_ids: Sequence[UUID]) -> Vectors:
    """The vectors of the owner's blocks by their ids; those that have none of the model are missing."""
    cursor.execute(
        "SELECT block_id, embedding::text FROM embeddings"
        " WHERE owner = %s AND model = %s AND block_id = ANY(%s)",
        (owner, model, list(block_ids)),
    )
    return {
        block_id: np.asarray(Vector.from_text(text).to_numpy(), dtype=np.float32)
        for block_id, text in cursor.fetchall()
    }


def bound_time(cursor: Cursor, within_seconds: float) -> None:
    """Have PostgreSQL give up on each further statement of the transaction after so long."""
    cursor.execute(f"SET LOCAL statement_timeout = {max(1, round(within_seconds * 1000))}")


def why_found(found: FoundBlock) -> str:
    """In a few words which search found the block, and how high."""
    reasons = []
    if found.vector_rank is not None:
        near = f", similarity {found.similarity:.2f}" if found.similarity is not None else ""
        reasons.append(f"by meaning: number {found.vector_rank}{near}")
    if found.text_rank is not None:
        reasons.append(f"by words: number {found.text_rank}")
    return "; ".join(reasons)


def _passage(
    block: FoundBlock, query: NDArray[np.float32] | None, vector: NDArray[np.float32] | None
) -> RetrievedPassage:
    similarity = block.similarity
    if similarity is None and query is not None and vector is not None:
        similarity = float(np.ravel(query) @ vector)
    return RetrievedPassage(
        str(block.id), block.content, _source(block), block.score, similarity, why_found(block), vector
    )


def _source(block: FoundBlock) -> str:
    """The headings that the block stands under, or what its metadata calls its title or source."""
    named = (block.metadata.get(name) for name in ("title", "source"))
    return block.title_path or next((name for name in named if isinstance(name, str) and name), "")
