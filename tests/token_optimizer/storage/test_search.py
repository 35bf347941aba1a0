"""What a question finds among stored blocks, on a real PostgreSQL with pgvector."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import connection
from numpy.typing import NDArray

from token_optimizer.models import BlockType
from token_optimizer.storage.blocks import (
    StoredBlock,
    count_without_vector,
    delete_document,
    delete_vectors,
    next_without_vector,
    put_blocks,
    put_vectors,
    reuse_vectors,
)
from token_optimizer.storage.search import Filters, FoundBlock, fused, matching, nearest, search

pytestmark = pytest.mark.django_db

MODEL = "test-model"
TEXTS = {
    "pool": "The connection pool is full when 20 workers wait.",
    "retry": "A failed request is tried again after 2 seconds.",
    "owner": "Payments belong to the team of Mira Holt.",
}


def _vector(*near: int) -> NDArray[np.float32]:
    """A unit vector along some of the 384 axes."""
    vector = np.full(384, 0.001, dtype=np.float32)
    vector[list(near)] = 1.0
    return vector / np.linalg.norm(vector)


def _stored(owner: str = "a", model: str = MODEL, **options: Any) -> dict[str, UUID]:
    """The texts stored for the owner, each near to an axis of its own."""
    blocks = {name: StoredBlock(text, tokens=10, **options) for name, text in TEXTS.items()}
    with connection.cursor() as cursor:
        put_blocks(cursor, owner, list(blocks.values()))
        vectors = {block.id: _vector(axis) for axis, block in enumerate(blocks.values())}
        put_vectors(cursor, owner, model, vectors)
    return {name: block.id for name, block in blocks.items()}


def _search(query: str, vector: NDArray[np.float32] | None, owner: str = "a", **options: Any) -> list[UUID]:
    with connection.cursor() as cursor:
        found = search(cursor, owner, query, vector, MODEL, 10, Filters(**options))
    return [block.id for block in found]


def test_it_works() -> None:
    ids = _stored()
    assert _search("who is responsible for payments", _vector(2))[0] == ids["owner"]
    assert _search("connection pool", None) == [ids["pool"]]


def test_both_searches_say_what_they_found() -> None:
    ids = _stored()
    with connection.cursor() as cursor:
        best, *others = search(cursor, "a", "workers of the pool", _vector(0), MODEL, 10)
    assert (best.id, best.vector_rank, best.text_rank) == (ids["pool"], 1, 1)
    assert best.similarity == pytest.approx(1.0, abs=0.01)
    assert best.score == pytest.approx(2 / 61)
    assert all(block.text_rank is None for block in others)


def test_another_owners_blocks_never_come_back() -> None:
    _stored("b")
    assert _search("connection pool", _vector(0)) == []
    mine = set(_stored("a").values())
    assert set(_search("connection pool", _vector(0))) <= mine


def test_vectors_of_another_model_are_not_compared() -> None:
    _stored(model="another-model")
    with connection.cursor() as cursor:
        assert nearest(cursor, "a", _vector(0), MODEL, 10) == []


def test_a_small_owner_is_found_among_many_blocks_of_another() -> None:
    """The index is walked on until enough blocks pass the filter."""
    with connection.cursor() as cursor:
        crowd = [StoredBlock(f"Crowd {number}", tokens=2) for number in range(400)]
        put_blocks(cursor, "crowd", crowd)
        put_vectors(
            cursor, "crowd", MODEL, {block.id: _vector(0, 1 + at % 40) for at, block in enumerate(crowd)}
        )
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        ids = _stored("a")
        found = nearest(cursor, "a", _vector(0), MODEL, 10)
    assert {block.id for block in found} == set(ids.values())
    assert found[0].id == ids["pool"]


def test_filters_by_type_and_metadata() -> None:
    docs = _stored(metadata={"source": "handbook", "tags": ["ops", "db"]})
    old = _stored(type=BlockType.ASSISTANT, metadata={"source": "chat"})
    assert set(_search("connection pool", _vector(0), types=["assistant"])) == set(old.values())
    assert set(_search("pool", _vector(0), metadata={"source": "handbook"})) == set(docs.values())
    assert set(_search("pool", _vector(0), metadata={"tags": ["db"]})) == set(docs.values())
    assert _search("pool", _vector(0), types=["doc"], metadata={"source": "chat"}) == []


@pytest.mark.parametrize(
    "value", ["x' OR 1=1 --", "'); DROP TABLE blocks; --", "%s", "\"}' OR true", "\\", "\x00 \ud800"]
)
def test_sql_in_a_filter_or_a_question_is_data(value: str) -> None:
    ids = _stored()
    assert _search("pool", _vector(0), metadata={"source": value}) == []
    assert _search("pool", _vector(0), metadata={value: 1}) == []
    _search(value, None)
    assert set(_search("pool " + value, _vector(0), metadata={})) == set(ids.values())


@pytest.mark.parametrize("query", ["", "   ", "the of and", "a & | ! ( ) : * <-> '", "pool:* & !workers"])
def test_any_question_is_taken(query: str) -> None:
    ids = _stored()
    found = _search(query, None)
    assert set(found) <= set(ids.values())


def test_a_word_search_needs_only_one_word_and_prefers_the_telling_ones() -> None:
    ids = _stored()
    with connection.cursor() as cursor:
        found = matching(cursor, "a", "Does the team of Mira Holt know of the request?", 10)
    assert [block.id for block in found] == [ids["owner"], ids["retry"]]


def test_the_one_block_with_both_words_is_found_among_many_with_one() -> None:
    crowd = [
        StoredBlock(f"{word} number {at}", tokens=3) for at in range(1_200) for word in ("Pump", "Valve")
    ]
    both = StoredBlock("The valve of the pump leaks.", tokens=7)
    with connection.cursor() as cursor:
        put_blocks(cursor, "a", [*crowd, both])
    assert _search("pump valve", None)[0] == both.id
    assert _search("Why does our pump have a valve, and which one?", None)[0] == both.id


def test_headings_are_found_too() -> None:
    with connection.cursor() as cursor:
        block = StoredBlock("Wait 2 s.", tokens=4, title_path="Handbook / Outages / Kafka")
        put_blocks(cursor, "a", [block])
    assert _search("kafka outage", None) == [block.id]


def test_a_type_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="picture"):
        _search("pool", None, types=["picture"])


def test_blocks_wait_for_vectors_of_the_model_in_use() -> None:
    document = uuid4()
    _stored(document_id=document)
    with connection.cursor() as cursor:
        assert count_without_vector(cursor, "a", MODEL) == 0
        assert count_without_vector(cursor, "a", "new-model", document) == 3
        assert count_without_vector(cursor, "b", "new-model") == 0
        waiting = next_without_vector(cursor, "a", "new-model", 2)
        assert {text for _, text in waiting} <= set(TEXTS.values())
        assert len(waiting) == 2
        assert put_vectors(cursor, "a", "new-model", {waiting[0][0]: _vector(0)}) == 1
        assert count_without_vector(cursor, "a", "new-model") == 2
        assert delete_vectors(cursor, "b", document) == 0
        assert delete_vectors(cursor, "a", document, except_model="new-model") == 3


def test_a_vector_is_stored_once_and_for_its_owner_alone() -> None:
    ids = _stored()
    with connection.cursor() as cursor:
        assert put_vectors(cursor, "a", MODEL, {ids["pool"]: _vector(5)}) == 0
        assert put_vectors(cursor, "b", "other", {ids["pool"]: _vector(5)}) == 0
        assert nearest(cursor, "a", _vector(0), MODEL, 1)[0].similarity == pytest.approx(1.0, abs=0.01)


def test_the_same_text_is_not_embedded_twice() -> None:
    _stored("a")
    _stored("b")
    document = uuid4()
    with connection.cursor() as cursor:
        put_blocks(cursor, "a", [StoredBlock(TEXTS["pool"], tokens=10, document_id=document)])
        assert reuse_vectors(cursor, "a", MODEL, document) == 1
        assert count_without_vector(cursor, "a", MODEL, document) == 0


def test_a_changed_block_loses_its_vectors_and_a_deleted_document_all_blocks() -> None:
    document = uuid4()
    ids = _stored(document_id=document)
    with connection.cursor() as cursor:
        put_blocks(cursor, "a", [StoredBlock("Other.", tokens=2, id=ids["pool"], document_id=document)])
        assert count_without_vector(cursor, "a", MODEL) == 1
        assert delete_document(cursor, "b", document) == 0
        assert delete_document(cursor, "a", document) == 3
        cursor.execute("SELECT count(*) FROM embeddings WHERE block_id = ANY(%s)", [list(ids.values())])
        assert cursor.fetchone() == (0,)


def test_ranks_are_fused_by_their_reciprocals() -> None:
    first, second, third = (
        FoundBlock(UUID(int=number), None, BlockType.DOC, "", "", 1, 0, {}) for number in range(3)
    )
    found = fused([first, second], [second, third])
    assert [block.id for block in found] == [second.id, first.id, third.id]
    assert [block.score for block in found] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])
