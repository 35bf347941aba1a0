"""Writes blocks and their vectors, and finds the blocks that wait for one.

Every function takes a cursor of psycopg or of Django, and leaves the transaction to its caller. All of them
ask for the owner: no statement reaches another one's blocks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID, uuid4

import numpy as np
import orjson
from numpy.typing import NDArray
from pgvector import Vector

from token_optimizer.models import BlockType

Row = tuple[Any, ...]


class Cursor(Protocol):
    """What is used of a database cursor."""

    def execute(self, query: str, params: Any = ..., /) -> Any: ...
    def executemany(self, query: str, params: Any, /) -> Any: ...
    def fetchall(self) -> Sequence[Row]: ...
    def fetchone(self) -> Row | None: ...
    @property
    def rowcount(self) -> int: ...


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block as it is stored. `title_path` are the headings that it stands under, `position` its place in
    the document."""

    content: str
    tokens: int
    type: BlockType = BlockType.DOC
    document_id: UUID | None = None
    position: int = 0
    title_path: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)


def content_hash(text: str) -> str:
    """The hash by which a text is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def storable(text: str) -> str:
    """The text without what PostgreSQL takes in none: null characters and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def put_blocks(cursor: Cursor, owner: str, blocks: Sequence[StoredBlock]) -> None:
    """Store the blocks; one of the same id is replaced, with its vectors gone where its text is another."""
    cursor.executemany(
        "DELETE FROM blocks WHERE id = %s AND owner = %s AND content_hash <> %s",
        [(block.id, owner, content_hash(block.content)) for block in blocks],
    )
    cursor.executemany(
        "INSERT INTO blocks (id, owner, document_id, position, content_hash, content, type, tokens,"
        " title_path, metadata) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)"
        " ON CONFLICT (id) DO UPDATE SET document_id = excluded.document_id, position = excluded.position,"
        " type = excluded.type, tokens = excluded.tokens, title_path = excluded.title_path,"
        " metadata = excluded.metadata WHERE blocks.owner = excluded.owner",
        [_row(owner, block) for block in blocks],
    )


def put_vectors(cursor: Cursor, owner: str, model: str, vectors: Mapping[UUID, NDArray[np.float32]]) -> int:
    """Store the model's vector of each of the owner's blocks that is still there; how many were new."""
    cursor.executemany(
        "INSERT INTO embeddings (block_id, model, owner, embedding)"
        " SELECT id, %s, owner, %s::vector FROM blocks WHERE id = %s AND owner = %s"
        " ON CONFLICT (block_id, model) DO NOTHING",
        [(model, vector_text(vector), block_id, owner) for block_id, vector in vectors.items()],
    )
    return cursor.rowcount


def reuse_vectors(cursor: Cursor, owner: str, model: str, document_id: UUID) -> int:
    """Give the document's blocks the vectors that the owner's other blocks of the same text have already."""
    cursor.execute(
        "INSERT INTO embeddings (block_id, model, owner, embedding)"
        " SELECT DISTINCT ON (new.id) new.id, %s, new.owner, known.embedding FROM blocks new"
        " JOIN blocks same ON same.owner = new.owner AND same.content_hash = new.content_hash"
        " AND same.title_path = new.title_path"
        " JOIN embeddings known ON known.block_id = same.id AND known.model = %s"
        " WHERE new.owner = %s AND new.document_id = %s AND new.id <> same.id"
        " ON CONFLICT (block_id, model) DO NOTHING",
        (model, model, owner, document_id),
    )
    return cursor.rowcount


def delete_document(cursor: Cursor, owner: str, document_id: UUID, *, except_ids: Sequence[UUID] = ()) -> int:
    """Delete the document's blocks but these, and their vectors with them; how many there were."""
    cursor.execute(
        "DELETE FROM blocks WHERE owner = %s AND document_id = %s AND NOT id = ANY(%s)",
        (owner, document_id, list(except_ids)),
    )
    return cursor.rowcount


def delete_vectors(cursor: Cursor, owner: str, document_id: UUID, *, except_model: str = "") -> int:
    """Delete the document's vectors, but those of one model; how many there were."""
    cursor.execute(
        "DELETE FROM embeddings e USING blocks b WHERE b.id = e.block_id AND b.owner = %s"
        " AND b.document_id = %s AND e.model <> %s",
        (owner, document_id, except_model),
    )
    return cursor.rowcount


def count_without_vector(cursor: Cursor, owner: str, model: str, document_id: UUID | None = None) -> int:
    """How many of the owner's blocks, or of a document's, have no vector of the model."""
    cursor.execute("SELECT count(*)" + _WITHOUT_VECTOR, _without_vector(owner, model, document_id))
    found = cursor.fetchone()
    return int(found[0]) if found else 0


def next_without_vector(
    cursor: Cursor, owner: str, model: str, limit: int, document_id: UUID | None = None
) -> list[tuple[UUID, str]]:
    """The next blocks that have no vector of the model: id, and the text to embed with its headings."""
    cursor.execute(
        "SELECT b.id, b.title_path, b.content"
        + _WITHOUT_VECTOR
        + " ORDER BY b.document_id, b.position, b.id LIMIT %s",
        (*_without_vector(owner, model, document_id), limit),
    )
    return [(block_id, text_to_embed(path, content)) for block_id, path, content in cursor.fetchall()]


def text_to_embed(title_path: str, content: str) -> str:
    """What a block's vector stands for: headings often say what the text below them is about."""
    return f"{title_path}\n{content}" if title_path else content


def vector_text(vector: NDArray[np.float32]) -> str:
    """The vector as PostgreSQL reads it."""
    text: str = Vector(np.asarray(vector, dtype=np.float32)).to_text()
    return text


_WITHOUT_VECTOR = (
    " FROM blocks b WHERE b.owner = %s AND (%s::uuid IS NULL OR b.document_id = %s)"
    " AND NOT EXISTS (SELECT FROM embeddings e WHERE e.block_id = b.id AND e.model = %s)"
)


def _without_vector(owner: str, model: str, document_id: UUID | None) -> tuple[Any, ...]:
    return owner, document_id, document_id, model


def _row(owner: str, block: StoredBlock) -> tuple[Any, ...]:
    return (
        block.id,
        owner,
        block.document_id,
        block.position,
        content_hash(block.content),
        storable(block.content),
        block.type.value,
        block.tokens,
        storable(block.title_path),
        json_text(block.metadata),
    )


def storable_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without what PostgreSQL takes in no JSON."""
    value: dict[str, Any] = _storable_value(dict(metadata))
    return value


def json_text(metadata: Mapping[str, Any]) -> str:
    """The metadata as JSON that PostgreSQL takes."""
    return orjson.dumps(storable_metadata(metadata), default=str).decode()


def _storable_value(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _storable_value(held) for key, held in value.items()}
    return [_storable_value(held) for held in value] if isinstance(value, list | tuple) else value
