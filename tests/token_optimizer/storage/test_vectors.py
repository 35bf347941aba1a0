"""The library's vector store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connection

from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.semantic import EmbeddingService, VectorStore


@pytest.fixture
def store(empty_store: None) -> Iterator[Any]:
    store = VectorStore(_url())
    yield store
    store.close()


def _url() -> str:
    """The test's own database."""
    own: dict[str, Any] = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        host=own["HOST"], port=own["PORT"], user=own["USER"], password=own["PASSWORD"], dbname=own["NAME"]
    )


def test_it_works(store: Any) -> None:
    embedder = EmbeddingService()
    texts = [
        "Cats sleep most of the day.",
        "The invoice is due on Friday.",
        "PostgreSQL keeps its data in pages.",
    ]
    for text, vector in zip(texts, embedder.embed(texts), strict=True):
        store.store_block(Block(text, BlockType.DOC, tokens=8, metadata={"source": "notes"}), vector, "tok_a")
    found = store.similarity_search(embedder.embed(["When do I have to pay?"])[0], 2, "tok_a")
    assert found[0].content == texts[1]
    assert (found[0].type, found[0].tokens, found[0].metadata) == (BlockType.DOC, 8, {"source": "notes"})
    assert found[0].utility > found[1].utility


def test_keys_are_kept_apart_and_never_stored(store: Any) -> None:
    vector = np.eye(1, 384, dtype=np.float32)[0]
    store.store_block(Block("mine", id="1"), vector, "tok_secret_a")
    store.store_block(Block("yours", id="1", metadata={"api_key": "tok_secret_b"}), vector)
    assert [block.content for block in store.similarity_search(vector, 5, "tok_secret_a")] == ["mine"]
    assert [block.content for block in store.similarity_search(vector, 5, api_key="tok_secret_b")] == [
        "yours"
    ]
    assert store.similarity_search(vector, 5, "tok_secret_c") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(blocks::text, ' ') FROM blocks")
        assert "tok_secret" not in str(cursor.fetchone())


def test_a_block_stored_again_is_replaced(store: Any) -> None:
    first, second = np.eye(2, 384, dtype=np.float32)
    store.store_block(Block("old text", id="1"), first)
    store.store_block(Block("new text", id="1"), second)
    found = store.similarity_search(second, 5)
    assert [(block.content, round(block.utility, 3)) for block in found] == [("new text", 1.0)]


def test_tables_that_are_there_are_left_alone(store: Any) -> None:
    vector = np.eye(1, 384, dtype=np.float32)[0]
    store.store_block(Block("kept"), vector)
    again = VectorStore(_url())
    assert [block.content for block in again.similarity_search(vector, 5)] == ["kept"]
    again.close()
