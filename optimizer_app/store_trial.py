"""Measures the store at sizes that nobody waits for to fill: how it loads, how well and how fast it finds.

The tables are made anew in a schema of their own, from the same definition, and dropped at the end: no row of
anybody else is read or written. The searches are those of requests.

Vectors and texts are made from real ones, since embedding 100,000 passages takes hours: passages of this
project's own documents and sources are embedded, and each stored block is a mix of two of them with some
noise, its text half of the one and half of the other. Questions are sentences of passages that no block was
made from. One block in a hundred belongs to a second, small owner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
from numpy.typing import NDArray

from optimizer_app.ingest.read import read_document
from token_optimizer.optimizer.embeddings.service import EmbeddingService
from token_optimizer.storage.blocks import (
    StoredBlock,
    content_hash,
    json_text,
    put_blocks,
    put_vectors,
    vector_text,
)
from token_optimizer.storage.schema import SCHEMA_SQL
from token_optimizer.storage.search import CANDIDATES, NO_FILTERS, Filters, FoundBlock, nearest, search

SCHEMA = "token_optimizer_trial"
RECALL_AT = 10
_SOURCES = ("README.md", "docs/*.md", "token_optimizer/**/*.py", "optimizer_app/**/*.py", "gateway/*.py",
            "dashboard/**/*.py", "tests/**/*.py")  # fmt: skip
_INDEX = "idx_embeddings_vector"
# Weights of a block's second passage and of the noise, beside 1 for its first.
_MAX_OF_SECOND = 0.6
_NOISE = 0.2
_SMALL_SHARE = 0.01
_ADDED_LATER = 500
# The fastest counts, so that what else the machine does counts less.
_TIMES_ASKED = 3
_QUESTION_CHARACTERS = 200
_BIG, _SMALL = str(uuid4()), str(uuid4())
# Of so many blocks of the big owner one has this metadata.
_ONE_IN = 200
_RARE = {"shelf": "rare"}
_COPY_BLOCKS = "COPY blocks (id, owner, position, content_hash, content, type, tokens, metadata) FROM STDIN"
_COPY_VECTORS = "COPY embeddings (block_id, model, owner, embedding) FROM STDIN"

Vectors = NDArray[np.float32]
Connection = psycopg.Connection[tuple[Any, ...]]


class TrialRuns(Exception):
    """Another trial runs in the same database."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Real passages with their vectors, and questions with theirs; `model` embedded both."""

    texts: Sequence[str]
    vectors: Vectors
    questions: Sequence[str]
    question_vectors: Vectors
    model: str


@dataclass(frozen=True, slots=True)
class Blocks:
    """Made blocks: their ids, texts and vectors, and who owns each."""

    ids: Sequence[UUID]
    texts: Sequence[str]
    vectors: Vectors
    owners: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Search:
    """How well and how fast one kind of search went. `recall` against exact search, for vectors alone;
    `fewest` is the least that any question got of the 10 it asked for."""

    name: str
    recall: float | None
    fewest: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What one size took. `add_ms` is for one more block with the index in place."""

    rows: int
    load_seconds: float
    index_seconds: float
    index_bytes: int
    table_bytes: int
    add_ms: float
    searches: Sequence[Search]


def real_passages(folder: Path, model_name: str, most: int, questions: int) -> Passages:
    """So many passages of the checkout's documents and sources, embedded, and questions out of others."""
    files = sorted(path for pattern in _SOURCES for path in folder.glob(pattern))
    chunks = [
        chunk.content
        for path in files
        if path.read_bytes().strip()
        for chunk in read_document(path.read_bytes(), name=path.name).chunks
    ]
    chosen = np.random.default_rng(1).permutation(len(chunks))[: most + questions]
    texts = [chunks[at] for at in chosen]
    asked = [_question(text) for text in texts[:questions]]
    service = EmbeddingService(model_name)
    vectors = service.embed(texts[questions:])
    asked_vectors = service.embed([service.as_query(text) for text in asked])
    return Passages(texts[questions:], vectors, asked, asked_vectors, service.model)


def made_blocks(passages: Passages, rows: int) -> Blocks:
    """So many blocks, each of two passages and some noise; the same ones each time but for their ids."""
    random = np.random.default_rng(rows)
    first, second = random.integers(0, len(passages.texts), (2, rows))
    share = random.uniform(0, _MAX_OF_SECOND, (rows, 1)).astype(np.float32)
    noise = random.standard_normal((rows, passages.vectors.shape[1]), dtype=np.float32)
    noise *= _NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
    vectors = passages.vectors[first] + share * passages.vectors[second] + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [_halves(passages.texts[a], passages.texts[b]) for a, b in zip(first, second, strict=True)]
    owners = np.where(random.random(rows) < _SMALL_SHARE, _SMALL, _BIG)
    return Blocks([uuid4() for _ in range(rows)], texts, vectors, owners)


@contextmanager
def trial_tables(url: str) -> Iterator[Connection]:
    """A connection that sees empty tables of its own, in a schema that is gone afterwards."""
    # As Django's connections are: parameters are put in by the client, nothing is prepared.
    with psycopg.connect(
        url, autocommit=True, prepare_threshold=None, cursor_factory=psycopg.ClientCursor
    ) as connection:
        if not connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [SCHEMA]).fetchone()[0]:  # type: ignore[index]
            raise TrialRuns("another trial runs in this database")
        try:
            # One that was killed has left its own.
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
            connection.execute(f"SET search_path = {SCHEMA}, public")
            connection.execute(SCHEMA_SQL)
            yield connection
        finally:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def trial(connection: Connection, passages: Passages, rows: int) -> Trial:
    """Fill the tables with so many blocks, build the index, search."""
    blocks = made_blocks(passages, rows)
    connection.execute("TRUNCATE blocks CASCADE")
    definition = _dropped_index(connection)
    load_seconds = _seconds(lambda: _load(connection, blocks, passages.model))
    index_seconds = _seconds(lambda: connection.execute(definition))
    connection.execute("VACUUM ANALYZE blocks, embeddings")
    index_bytes = _size(connection, f"pg_relation_size('{SCHEMA}.{_INDEX}')")
    table_bytes = _size(
        connection,
        f"pg_total_relation_size('{SCHEMA}.blocks') + pg_total_relation_size('{SCHEMA}.embeddings')",
    )
    searches = [*_searches(connection, passages, blocks)]
    return Trial(
        rows, load_seconds, index_seconds, index_bytes, table_bytes - index_bytes,
        _add_ms(connection, passages), searches,
    )  # fmt: skip


def _question(text: str) -> str:
    """The longest line's beginning, as somebody might ask for it."""
    return max(text.splitlines(), key=len).strip()[:_QUESTION_CHARACTERS]


def _halves(first: str, second: str) -> str:
    return f"{first[: len(first) // 2]}\n{second[len(second) // 2 :]}"


def _dropped_index(connection: Connection) -> str:
    """Drop the index of the vectors; the statement that makes it again, as the schema does."""
    found = connection.execute("SELECT pg_get_indexdef(%s::regclass)", [f"{SCHEMA}.{_INDEX}"]).fetchone()
    assert found is not None
    connection.execute(f"DROP INDEX {SCHEMA}.{_INDEX}")
    return str(found[0])


def _load(connection: Connection, blocks: Blocks, model: str) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        rows = list(zip(blocks.ids, blocks.owners, blocks.texts, blocks.vectors, strict=True))
        with cursor.copy(_COPY_BLOCKS) as copy:
            for at, (block_id, owner, text, _) in enumerate(rows):
                metadata = json_text({} if at % _ONE_IN else _RARE)
                copy.write_row((block_id, str(owner), at, content_hash(text), text, "doc", 200, metadata))
        with cursor.copy(_COPY_VECTORS) as copy:
            for block_id, owner, _, vector in rows:
                copy.write_row((block_id, model, str(owner), vector_text(vector)))


def _size(connection: Connection, expression: str) -> int:
    found = connection.execute(f"SELECT {expression}").fetchone()
    assert found is not None
    return int(found[0])


def _add_ms(connection: Connection, passages: Passages) -> float:
    """What a block costs that comes once the index is there, as ingest stores it."""
    made = made_blocks(passages, _ADDED_LATER)
    stored = [StoredBlock(text, tokens=200) for text in made.texts]
    vectors = {block.id: vector for block, vector in zip(stored, made.vectors, strict=True)}

    def add() -> None:
        with connection.transaction(), connection.cursor() as cursor:
            put_blocks(cursor, _BIG, stored)
            put_vectors(cursor, _BIG, passages.model, vectors)

    return _seconds(add) / _ADDED_LATER * 1000


def _searches(connection: Connection, passages: Passages, blocks: Blocks) -> Iterator[Search]:
    rare = np.arange(len(blocks.ids)) % _ONE_IN == 0
    kinds = (
        ("99 % of the rows", _BIG, NO_FILTERS, blocks.owners == _BIG),
        ("0.5 % by metadata", _BIG, Filters(metadata=_RARE), (blocks.owners == _BIG) & rare),
        ("1 % of the rows", _SMALL, NO_FILTERS, blocks.owners == _SMALL),
    )
    for share, owner, filters, own in kinds:
        exact = _exact(passages.question_vectors, blocks, own)
        ask = _Asked(passages, owner, filters)
        yield _timed(connection, f"vectors, {share}", ask.by_vector, exact)
        yield replace(_timed(connection, f"hybrid, {share}", ask.hybrid, exact), recall=None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The passages' questions, asked for one owner as requests ask."""

    passages: Passages
    owner: str
    filters: Filters

    def by_vector(self, cursor: Any, at: int) -> list[FoundBlock]:
        vector = self.passages.question_vectors[at]
        return nearest(cursor, self.owner, vector, self.passages.model, CANDIDATES, self.filters)

    def hybrid(self, cursor: Any, at: int) -> list[FoundBlock]:
        vector, question = self.passages.question_vectors[at], self.passages.questions[at]
        return search(cursor, self.owner, question, vector, self.passages.model, RECALL_AT, self.filters)


def _exact(questions: Vectors, blocks: Blocks, own: NDArray[np.bool_]) -> list[set[UUID]]:
    """The ids that a search without an index finds for each question among some of the blocks."""
    places = np.flatnonzero(own)
    vectors = blocks.vectors[places]
    best = [np.argsort(-(vectors @ question))[:RECALL_AT] for question in questions]
    return [{blocks.ids[places[at]] for at in found} for found in best]


def _timed(
    connection: Connection,
    name: str,
    find: Callable[[Any, int], list[FoundBlock]],
    exact: list[set[UUID]],
) -> Search:
    took, shares, fewest = [], [], RECALL_AT
    for at, best in enumerate(exact):
        seconds = []
        for _ in range(_TIMES_ASKED):
            started = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                found = [block.id for block in find(cursor, at)[:RECALL_AT]]
            seconds.append(time.perf_counter() - started)
        took.append(1000 * min(seconds))
        fewest = min(fewest, len(found))
        shares.append(len(best.intersection(found)) / max(len(best), 1))
    p50, p95 = np.percentile(took, (50, 95))
    return Search(name, float(np.mean(shares)), fewest, float(p50), float(p95))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
