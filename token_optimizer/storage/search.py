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
from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.storage.blocks import Cursor, Row, json_text, storable, text_to_embed, vector_text

# Of each list so many are fused.
CANDIDATES = 50
# The constant of reciprocal rank fusion, as in the paper.
_RRF = 60
# A search by words looks at so many blocks of each word and of each pair of words: ranking all that hold a
# common word would take seconds, and any few of them would miss the one that holds both of two.
_MAX_MATCHES = 30
# The longest words, which are rarer as a rule; more of them would cost more than 30 ms among 100,000 blocks.
_MAX_WORDS = 5
_MAX_PAIRED_WORDS = 3
# Candidates that the index holds at once; measured for a recall of 0.95 among 100,000.
_EF_SEARCH = 240
_LONGEST_QUERY_CHARS = 10_000
# What stands in the braces is one of the conditions of `Filters.sql`; all values are parameters.
_NEAREST = """
    SELECT b.id, b.document_id, b.type, b.title_path, b.content, b.tokens, b.position, b.metadata,
        1 - (e.embedding <=> %s::vector) AS fit
    FROM embeddings e JOIN blocks b ON b.id = e.block_id
    WHERE e.owner = %s AND e.model = %s AND b.owner = %s{filters}
    ORDER BY e.embedding <=> %s::vector
    LIMIT %s
"""
_MATCHING = r"""
    WITH words AS MATERIALIZED (
        SELECT ('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''')::tsquery AS word,
            row_number() OVER (ORDER BY length(lexeme) DESC, lexeme) AS at
        FROM unnest(to_tsvector('english', %s))
    ), asked AS MATERIALIZED (
        SELECT word AS some FROM words WHERE at <= %s
        UNION ALL
        SELECT one.word && other.word FROM words one JOIN words other ON one.at < other.at
        WHERE other.at <= %s
    ), question AS MATERIALIZED (
        SELECT string_agg(word::text, ' | ')::tsquery AS words FROM words
    ), matched AS MATERIALIZED (
        SELECT DISTINCT some_blocks.id FROM asked CROSS JOIN LATERAL (
            SELECT b.id FROM blocks b WHERE b.owner = %s AND b.search @@ asked.some{filters} LIMIT %s
        ) some_blocks
    )
    SELECT b.id, b.document_id, b.type, b.title_path, b.content, b.tokens, b.position, b.metadata,
        ts_rank(b.search, question.words, 1)::float AS fit
    FROM matched JOIN blocks b USING (id) CROSS JOIN question
    ORDER BY fit DESC, b.id
    LIMIT %s
"""
# One statement sees one state of the store: never a document's old chunks together with its new ones.
_BOTH = """
    SELECT found.* FROM (
        SELECT nearest.*, true AS by_meaning FROM ({nearest}) nearest
        UNION ALL
        SELECT matching.*, false FROM ({matching}) matching
    ) found
    ORDER BY by_meaning, fit DESC, id
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
    if vector is None:
        return fused([], matching(cursor, owner, query, limit, filters))[:top_k]
    _walk_on(cursor)
    statement = _BOTH.format(
        nearest=_NEAREST.format(filters=filters.sql), matching=_MATCHING.format(filters=filters.sql)
    )
    asked = (
        *_nearest_params(owner, vector, model, limit, filters),
        *_matching_params(owner, query, limit, filters),
    )
    cursor.execute(statement, asked)
    rows = cursor.fetchall()
    by_meaning = [_near(row) for row in rows if row[9]]
    by_words = [_found(row[:8]) for row in rows if not row[9]]
    return fused(by_meaning, _most_telling(by_words, query, limit))[:top_k]


def nearest(
    cursor: Cursor,
    owner: str,
    vector: NDArray[np.float32],
    model: str,
    top_k: int,
    filters: Filters = NO_FILTERS,
) -> list[FoundBlock]:
    """The blocks nearest to the vector among those embedded by the same model, nearest first."""
    _walk_on(cursor)
    cursor.execute(
        _NEAREST.format(filters=filters.sql), _nearest_params(owner, vector, model, top_k, filters)
    )
    return [_near(row) for row in cursor.fetchall()]


def matching(
    cursor: Cursor, owner: str, query: str, top_k: int, filters: Filters = NO_FILTERS
) -> list[FoundBlock]:
    """The blocks that share words with the query, the most telling first."""
    cursor.execute(_MATCHING.format(filters=filters.sql), _matching_params(owner, query, top_k, filters))
    return _most_telling([_found(row[:8]) for row in cursor.fetchall()], query, top_k)


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


def _walk_on(cursor: Cursor) -> None:
    """Have the index be walked on until enough blocks pass the filters."""
    cursor.execute(f"SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.ef_search = {_EF_SEARCH}")


def _nearest_params(
    owner: str, vector: NDArray[np.float32], model: str, top_k: int, filters: Filters
) -> tuple[Any, ...]:
    text = vector_text(vector)
    return text, owner, model, owner, *filters.params, text, top_k


def _matching_params(owner: str, query: str, top_k: int, filters: Filters) -> tuple[Any, ...]:
    counts = _MAX_WORDS, _MAX_PAIRED_WORDS
    return _words(query), *counts, owner, *filters.params, _MAX_MATCHES, 2 * top_k


def _words(query: str) -> str:
    return storable(query)[:_LONGEST_QUERY_CHARS]


def _most_telling(found: Sequence[FoundBlock], query: str, top_k: int) -> list[FoundBlock]:
    """The best by BM25."""
    texts = [text_to_embed(block.title_path, block.content) for block in found]
    scores = bm25(_words(query), stems(texts))
    order = sorted(range(len(found)), key=lambda at: (-scores[at], at))
    return [found[at] for at in order[:top_k]]


def _near(row: Row) -> FoundBlock:
    return _found(row[:8], similarity=float(row[8]))


def _found(row: Row, similarity: float | None = None) -> FoundBlock:
    block_id, document_id, kind, title_path, content, tokens, position, metadata = row
    # Django's cursors give JSON as its text.
    held = orjson.loads(metadata) if isinstance(metadata, str) else metadata
    return FoundBlock(
        block_id, document_id, BlockType(kind), title_path, content, tokens, position, held,
        similarity=similarity,
    )  # fmt: skip
