"""Finds an owner's blocks for a question: by meaning, by words, and by both at once.

By meaning: cosine similarity over an HNSW index (Malkov and Yashunin, Efficient and robust approximate
nearest neighbor search using hierarchical navigable small world graphs, 2018). The index is walked on until
enough blocks pass the filters (pgvector's iterative scan), so a small owner among large ones gets its blocks.

By words: PostgreSQL's full text, any word of the question being enough; the best by `ts_rank` are ranked anew
by BM25. The two lists are fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009).

Functions take a cursor of psycopg or of Django, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray

from token_optimizer.models import BlockType
from token_optimizer.optimizer.relevance import bm25, stems
from token_optimizer.storage.blocks import Cursor, Row, json_text, storable, text_to_embed, vector_text

# Of each list so many are fused.
CANDIDATES = 50
# The constant of reciprocal rank fusion, as in the paper.
_RRF = 60
# Blocks that a words search ranks at most: a word that stands everywhere would rank everything.
_MOST_MATCHES = 1_000
# Candidates that the index holds at once; measured for a recall of 0.95.
_EF_SEARCH = 100
_LONGEST_QUERY_CHARS = 10_000
# What stands in the braces is one of the conditions of `Filters.sql`; all values are parameters.
_NEAREST = """
    SELECT b.id, b.document_id, b.type, b.title_path, b.content, b.tokens, b.position, b.metadata,
        1 - (e.embedding <=> %s::vector)
    FROM embeddings e JOIN blocks b ON b.id = e.block_id
    WHERE e.owner = %s AND e.model = %s AND b.owner = %s{filters}
    ORDER BY e.embedding <=> %s::vector
    LIMIT %s
"""
_MATCHING = r"""
    WITH asked AS (
        SELECT string_agg(
            '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''', ' | '
        )::tsquery AS words
        FROM unnest(to_tsvector('english', %s))
    ), found AS (
        SELECT b.* FROM blocks b, asked
        WHERE b.owner = %s AND b.search @@ asked.words{filters}
        LIMIT %s
    )
    SELECT id, document_id, type, title_path, content, tokens, position, metadata
    FROM found, asked
    ORDER BY ts_rank(found.search, asked.words, 1) DESC, id
    LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a block must be: one of the types, where any are named, and hold all of the metadata."""

    types: Sequence[BlockType | str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The conditions; values are parameters, never text."""
        by_type = " AND b.type = ANY(%s)" if self.types else ""
        by_metadata = " AND b.metadata @> %s::jsonb" if self.metadata else ""
        return by_type + by_metadata

    @property
    def params(self) -> tuple[Any, ...]:
        types = ([BlockType(item).value for item in self.types],) if self.types else ()
        return (*types, json_text(self.metadata)) if self.metadata else types


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class FoundBlock:
    """A block that was found. `score` orders the found ones; ranks count from 1 and are None where that
    search did not find it; `similarity` is the cosine to the question, None where nobody compared it."""

    id: UUID
    document_id: UUID | None
    type: BlockType
    title_path: str
    content: str
    tokens: int
    position: int
    metadata: Mapping[str, Any]
    score: float = 0.0
    vector_rank: int | None = None
    text_rank: int | None = None
    similarity: float | None = None


def search(
    cursor: Cursor,
    owner: str,
    query: str,
    vector: NDArray[np.float32] | None,
    model: str,
    top_k: int,
    filters: Filters = NO_FILTERS,
) -> list[FoundBlock]:
    """The owner's blocks that fit the question best, best first; by words alone where `vector` is None."""
    limit = max(CANDIDATES, top_k)
    by_meaning = nearest(cursor, owner, vector, model, limit, filters) if vector is not None else []
    by_words = matching(cursor, owner, query, limit, filters)
    return fused(by_meaning, by_words)[:top_k]


def nearest(
    cursor: Cursor,
    owner: str,
    vector: NDArray[np.float32],
    model: str,
    top_k: int,
    filters: Filters = NO_FILTERS,
) -> list[FoundBlock]:
    """The blocks nearest to the vector among those embedded by the same model, nearest first."""
    text = vector_text(vector)
    cursor.execute(f"SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.ef_search = {_EF_SEARCH}")
    params = (text, owner, model, owner, *filters.params, text, top_k)
    cursor.execute(_NEAREST.format(filters=filters.sql), params)
    return [_found(row[:8], similarity=float(row[8])) for row in cursor.fetchall()]


def matching(
    cursor: Cursor, owner: str, query: str, top_k: int, filters: Filters = NO_FILTERS
) -> list[FoundBlock]:
    """The blocks that share words with the query, the most telling first."""
    words = storable(query)[:_LONGEST_QUERY_CHARS]
    params = (words, owner, *filters.params, _MOST_MATCHES, 2 * top_k)
    cursor.execute(_MATCHING.format(filters=filters.sql), params)
    found = [_found(row) for row in cursor.fetchall()]
    scores = bm25(words, stems([text_to_embed(block.title_path, block.content) for block in found]))
    order = sorted(range(len(found)), key=lambda at: (-scores[at], at))
    return [found[at] for at in order[:top_k]]


def fused(by_meaning: Sequence[FoundBlock], by_words: Sequence[FoundBlock]) -> list[FoundBlock]:
    """Both lists as one, by the sum of the reciprocal ranks."""
    meaning = {block.id: (rank, block) for rank, block in enumerate(by_meaning, 1)}
    words = {block.id: (rank, block) for rank, block in enumerate(by_words, 1)}
    blocks = [_ranked(meaning.get(key), words.get(key)) for key in dict.fromkeys([*meaning, *words])]
    return sorted(blocks, key=lambda block: (-block.score, block.id))


Ranked = tuple[int, FoundBlock] | None


def _ranked(meaning: Ranked, words: Ranked) -> FoundBlock:
    found = meaning or words
    assert found is not None
    ranks = [ranked[0] for ranked in (meaning, words) if ranked is not None]
    return replace(
        found[1],
        score=sum(1 / (_RRF + rank) for rank in ranks),
        vector_rank=meaning[0] if meaning else None,
        text_rank=words[0] if words else None,
    )


def _found(row: Row, similarity: float | None = None) -> FoundBlock:
    block_id, document_id, kind, title_path, content, tokens, position, metadata = row
    # Django's cursors give JSON as its text.
    held = orjson.loads(metadata) if isinstance(metadata, str) else metadata
    return FoundBlock(
        block_id, document_id, BlockType(kind), title_path, content, tokens, position, held,
        similarity=similarity,
    )  # fmt: skip
