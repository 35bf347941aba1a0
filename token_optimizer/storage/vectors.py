"""The library's store of blocks and embeddings, in a PostgreSQL with pgvector."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray
from psycopg_pool import ConnectionPool

from token_optimizer.models import Block
from token_optimizer.ports import RetrievedPassage
from token_optimizer.storage.blocks import StoredBlock, put_blocks, put_vectors
from token_optimizer.storage.passages import bound_time, passages_for
from token_optimizer.storage.schema import SCHEMA_SQL
from token_optimizer.storage.search import FoundBlock, nearest

# Names blocks whose id is no UUID, by owner and id.
_NAMES = UUID("6f1b7d3c-6a0e-4c59-9f0a-5d6a3d1f7e21")
_SCHEMA_LOCK = 0x746F6B656E
_CONNECTED_WITHIN_SECONDS = 10.0


class VectorStore:
    """Blocks with their embeddings, each owner's apart. Makes its tables where they are missing.

    `model` names what the embeddings come from: only vectors of one model are compared. An api_key is
    stored as a hash alone. Raises psycopg.Error where the database fails.
    """

    def __init__(self, postgres_url: str, model: str = "BAAI/bge-small-en-v1.5") -> None:
        self.model = model
        self._pool = ConnectionPool(
            postgres_url, min_size=0, max_size=4, open=True, timeout=_CONNECTED_WITHIN_SECONDS
        )
        try:
            self._make_tables()
        except BaseException:
            # Or it would go on trying to connect.
            self._pool.close()
            raise

    def _make_tables(self) -> None:
        with self._pool.connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            connection.execute(SCHEMA_SQL)

    def store_block(self, block: Block, embedding: NDArray[np.float32], api_key: str | None = None) -> None:
        """Store the block and its embedding of 384 numbers; one of the same id is replaced.

        Whose it is says `api_key`, or else the block's metadata under that name.
        """
        metadata = dict(block.metadata)
        held = metadata.pop("api_key", "")
        owner = _owner(str(held) if api_key is None else api_key)
        stored = StoredBlock(
            content=block.content,
            tokens=block.tokens,
            type=block.type,
            metadata=metadata,
            id=_uuid(block.id, owner),
        )
        with self._pool.connection() as connection, connection.cursor() as cursor:
            put_blocks(cursor, owner, [stored])
            put_vectors(cursor, owner, self.model, {stored.id: embedding})

    def similarity_search(
        self, query_embedding: NDArray[np.float32], top_k: int, api_key: str = ""
    ) -> list[Block]:
        """The key's blocks nearest to the embedding, nearest first; `utility` holds the cosine similarity."""
        owner = _owner(api_key)
        with self._pool.connection() as connection, connection.cursor() as cursor:
            found = nearest(cursor, owner, query_embedding, self.model, top_k)
        return [_block(block) for block in found]

    def passages(
        self,
        query: str,
        query_embedding: NDArray[np.float32] | None,
        top_k: int,
        api_key: str = "",
        *,
        model: str = "",
        within_seconds: float = _CONNECTED_WITHIN_SECONDS,
    ) -> list[RetrievedPassage]:
        """The key's blocks that fit the query best by meaning and words; by words alone without an embedding.

        `model` is the one that the embedding comes from, where it is not the store's.
        Raises psycopg.Error where the database does not answer in time.
        """
        with self._pool.connection(within_seconds) as connection, connection.cursor() as cursor:
            bound_time(cursor, within_seconds)
            return passages_for(cursor, _owner(api_key), query, query_embedding, model or self.model, top_k)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _owner(api_key: str) -> str:
    return hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()


def _uuid(block_id: str, owner: str) -> UUID:
    """The id by which a block is stored: two owners may both have a block "1"."""
    return uuid5(_NAMES, f"{owner} {block_id}")


def _block(found: FoundBlock) -> Block:
    return Block(
        found.content,
        found.type,
        str(found.id),
        tokens=found.tokens,
        metadata=dict(found.metadata),
        utility=found.similarity or 0.0,
    )
