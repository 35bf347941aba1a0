"""Works on documents: reads the file, cuts it into chunks, embeds them. Every step is stored and announced.

A worker holds a document by a lease, which it renews with every batch; where it dies, another one goes on
from what is stored once the lease has passed. A chunk that has its vector is never embedded again, and a text
that the project has embedded before takes that vector.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from optimizer_app.announcements import announce_documents
from optimizer_app.background.machine_lock import machine_slot
from optimizer_app.embeddings.client import EmbeddingsUnavailable, embed, status
from optimizer_app.ingest.confined import read_confined
from optimizer_app.ingest.read import Chunk, ReadDocument, UnreadableDocument
from optimizer_app.ingest.turns import LEASE, add_use, another_waits, lease_document
from optimizer_app.models import Document
from optimizer_app.retrieval.search import owner_of
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
    storable,
)

log = structlog.get_logger(__name__)

BATCH_CHUNKS = 32
SLICE_SECONDS = 5.0
# After so long a task ends and leaves the rest to the next one, so that a worker can stop.
TURN = timedelta(seconds=60)


class TakenAway(Exception):
    """The document was cancelled, deleted or changed while it was worked on."""


def ingest_due() -> int:
    """Work on due documents, one after the other, for one turn; how many were finished.

    INGEST_WORKERS of a machine do so at a time: the embedding process is what takes the time.
    """
    finished = 0
    with machine_slot("ingest", settings.INGEST_WORKERS) as is_free:
        until = timezone.now() + TURN
        while is_free and timezone.now() < until and (document := lease_document()) is not None:
            started = time.monotonic()
            finished += _work_on(document)
            add_use(document.project_id, seconds=time.monotonic() - started)
            if document.state == Document.State.EMBEDDING and document.reason:
                break  # the models are not there: the others would wait for them, too
    return finished


def _work_on(document: Document) -> bool:
    """One document as far as it goes; whether it is finished."""
    try:
        if document.state in Document.BEFORE_STORED:
            _store(document, _read(document))
        return _embed(document)
    except UnreadableDocument as error:
        _finish(document, Document.State.FAILED, str(error))
    except EmbeddingsUnavailable as error:
        # Its chunks are found by their words meanwhile.
        _update(document, reason=str(error)[:300], leased_until=None)
        return False
    except TakenAway:
        return True
    except OperationalError:
        raise  # the database's trouble is not the document's: the lease passes, and it is gone on with
    except Exception as error:
        # The type alone: a message could quote the document.
        log.error("document_failed", document_id=str(document.pk), error=type(error).__name__)
        _finish(document, Document.State.FAILED, f"{type(error).__name__}: the log of the worker says more")
    return True


def _read(document: Document) -> ReadDocument:
    """The newest version's chunks. UnreadableDocument says why there are none."""
    _update(document, state=Document.State.READING)
    source = Document.objects.filter(pk=document.pk).values_list("source", flat=True).first()
    if source is None:
        raise TakenAway

    def chunking() -> None:
        _update(document, state=Document.State.CHUNKING, leased_until=timezone.now() + LEASE)

    name, media_type = document.external_id, document.media_type
    return read_confined(bytes(source), name=name, media_type=media_type, on_read=chunking)


def _store(document: Document, read: ReadDocument) -> None:
    """Put the chunks of the newest version in the place of those before, in one transaction."""
    blocks = [_block(document, read, chunk) for chunk in read.chunks]
    with transaction.atomic(), connection.cursor() as cursor:
        owner = owner_of(document.project_id)
        put_blocks(cursor, owner, blocks)
        reused = reuse_vectors(cursor, owner, status().model, document.pk)
        delete_document(cursor, owner, document.pk, except_ids=[block.id for block in blocks])
        _update(
            document,
            state=Document.State.EMBEDDING,
            title=document.title or storable(read.title)[:300] or document.external_id,
            media_type=document.media_type or read.media_type,
            stored_hash=document.content_hash,
            chunks=len(blocks),
            tokens=sum(block.tokens for block in blocks),
            embedded=min(reused, len(blocks)),
            left_out=[asdict(left_out) for left_out in read.left_out],
            reason="",
        )


def _block(document: Document, read: ReadDocument, chunk: Chunk) -> StoredBlock:
    title = document.title or read.title
    # The first heading is the title, as a rule.
    is_under_title = chunk.title_path == title or chunk.title_path.startswith(f"{title} / ")
    path = chunk.title_path if is_under_title else " / ".join(filter(None, (title, chunk.title_path)))
    return StoredBlock(
        chunk.content,
        chunk.tokens,
        BlockType(document.block_type),
        document.pk,
        chunk.position,
        path,
        document.metadata,
    )


def _embed(document: Document) -> bool:
    """Embed the chunks that have no vector of the model in use, a batch at a time; whether that is finished.

    A long document gives way to those of other projects after `SLICE_SECONDS`.
    """
    owner = owner_of(document.project_id)
    model = ""
    give_way_at = time.monotonic() + SLICE_SECONDS
    while batch := _waiting(document, owner, model := model or _model()):
        started = time.monotonic()
        vectors = embed([text for _, text in batch], wait=True)
        add_use(document.project_id, embedded=len(batch), embedding_seconds=time.monotonic() - started)
        with transaction.atomic(), connection.cursor() as cursor:
            ids = [block_id for block_id, _ in batch]
            put_vectors(cursor, owner, model, dict(zip(ids, vectors, strict=True)))
            left = count_without_vector(cursor, owner, model, document.pk)
            _update(document, embedded=document.chunks - left, leased_until=timezone.now() + LEASE)
        if left and time.monotonic() > give_way_at and another_waits(document):
            _update(document, leased_until=None, reason="")
            return False
    with connection.cursor() as cursor:
        delete_vectors(cursor, owner, except_model=model, document_id=document.pk)
    document.embedded_by = model
    _finish(document, Document.State.DONE, "")
    return True


def _waiting(document: Document, owner: str, model: str) -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        return next_without_vector(cursor, owner, model, BATCH_CHUNKS, document.pk)


def _model() -> str:
    """The model in use; EmbeddingsUnavailable while there is none."""
    embed(["?"], wait=True)
    return status().model


def _finish(document: Document, state: Document.State, reason: str) -> None:
    values: dict[str, Any] = {"state": state, "reason": reason[:300], "embedded_by": document.embedded_by}
    if state == Document.State.DONE:
        values["source"] = None  # it is needed for another try alone
    with suppress(TakenAway):
        _update(document, leased_until=None, **values)


def _update(document: Document, **values: Any) -> None:
    """Change the row; TakenAway where it is no longer the version that was leased."""
    same = Document.objects.filter(pk=document.pk, content_hash=document.content_hash, state=document.state)
    if not same.update(updated_at=timezone.now(), **values):
        raise TakenAway
    for name, value in values.items():
        setattr(document, name, value)
    transaction.on_commit(partial(announce_documents, document.project_id))
