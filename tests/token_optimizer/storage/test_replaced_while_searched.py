"""A document that is replaced while somebody searches is seen as it was or as it is."""

from __future__ import annotations

import threading
from uuid import uuid4

import numpy as np
from django.db import connection, transaction

from token_optimizer.models import BlockType
from token_optimizer.storage.blocks import StoredBlock, delete_document, put_blocks, put_vectors
from token_optimizer.storage.search import search

VERSIONS = 60
CHUNKS = 4
DOCUMENT = uuid4()
VECTOR = np.eye(1, 384, dtype=np.float32)[0]


def _replace(version: int) -> None:
    blocks = [
        StoredBlock(f"Rule of version {version}", 5, BlockType.DOC, DOCUMENT, at) for at in range(CHUNKS)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        put_blocks(cursor, "a", blocks)
        put_vectors(cursor, "a", "m", {block.id: VECTOR for block in blocks})
        delete_document(cursor, "a", DOCUMENT, except_ids=[block.id for block in blocks])


def _replace_often(failed: list[Exception]) -> None:
    try:
        for version in range(1, VERSIONS):
            _replace(version)
    except Exception as error:
        failed.append(error)
    finally:
        connection.close()


def test_a_search_sees_one_version_whole(transactional_db: None, empty_store: None) -> None:
    _replace(0)
    failed: list[Exception] = []
    writer = threading.Thread(target=_replace_often, args=[failed])
    writer.start()
    seen = []
    while writer.is_alive() or not seen:
        with transaction.atomic(), connection.cursor() as cursor:
            seen.append([block.content for block in search(cursor, "a", "which rule", VECTOR, "m", 20)])
    writer.join()
    assert not failed
    assert [texts for texts in seen if len(texts) != CHUNKS or len(set(texts)) != 1] == []
    assert len({texts[0] for texts in seen}) > 1, "the document was replaced meanwhile"
