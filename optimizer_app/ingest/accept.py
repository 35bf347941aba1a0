"""Takes documents in: what is new or changed is queued, what is the same is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg import sql

from optimizer_app.announcements import announce_documents
from optimizer_app.background.wake import INGEST, wake
from optimizer_app.ingest.room import shortage
from optimizer_app.models import Document, IngestJob, Project
from token_optimizer.models import BlockType
from token_optimizer.storage.blocks import storable, storable_metadata

MAX_DOCUMENTS = 1_000
MAX_BYTES = 50 * 1024 * 1024
_MAX_ID_CHARS = 300
_FOUND_BY_READING = ("title", "media_type")


class RefusedDocument(ValueError):
    """A document that cannot be taken in; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as a client sends it: its own id for it, and the file's bytes."""

    external_id: str
    data: bytes
    title: str = ""
    media_type: str = ""
    block_type: BlockType = BlockType.DOC
    metadata: Mapping[str, Any] = field(default_factory=dict)


def accept_documents(project: Project, documents: Sequence[NewDocument]) -> IngestJob:
    """Queue the documents, as one job; all of them, or none where one is refused.

    The same document again changes nothing. A changed one keeps its chunks until the new ones are there.
    """
    _check(documents)
    with transaction.atomic():
        # One at a time in a project: two that bring the same new document would both insert it.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if reason := shortage(project, {each.external_id: len(each.data) for each in documents}):
            raise RefusedDocument(reason)
        job = IngestJob.objects.create(project=project)
        job.documents.set([_accepted(project, document) for document in documents])
        transaction.on_commit(partial(wake, INGEST))
        transaction.on_commit(partial(announce_documents, project.pk))
    return job


def _check(documents: Sequence[NewDocument]) -> None:
    if not documents:
        raise RefusedDocument("there is no document")
    if len(documents) > MAX_DOCUMENTS:
        raise RefusedDocument(f"{len(documents)} documents are more than {MAX_DOCUMENTS} at once")
    seen: set[str] = set()
    for document in documents:
        for problem in _problems(document):
            raise RefusedDocument(f"document {document.external_id[:60]!r} {problem}")
        if document.external_id in seen:
            raise RefusedDocument(f"document {document.external_id[:60]!r} is there twice")
        seen.add(document.external_id)


def _problems(document: NewDocument) -> Iterator[str]:
    if not document.external_id.strip() or storable(document.external_id) != document.external_id:
        yield "has no id that can be stored"
    if len(document.external_id) > _MAX_ID_CHARS:
        yield f"has an id longer than {_MAX_ID_CHARS} characters"
    if len(document.data) > MAX_BYTES:
        yield f"is larger than {MAX_BYTES // 1024**2} MB"


def _accepted(project: Project, new: NewDocument) -> Document:
    """The document's row, queued unless this very version is stored or on its way."""
    found = Document.objects.select_for_update().without_source()
    document = found.filter(project=project, external_id=new.external_id).first()
    described = {
        "title": storable(new.title)[:300],
        "media_type": storable(new.media_type)[:120],
        "block_type": new.block_type.value,
        "metadata": storable_metadata(new.metadata),
        "content_hash": hashlib.sha256(new.data).hexdigest(),
    }
    if document is None:
        document = Document(project=project, external_id=new.external_id)
    elif _is_same(document, described):
        return document
    for name, value in described.items():
        setattr(document, name, value)
    document.source, document.size_bytes = None, len(new.data)
    document.state, document.reason, document.leased_until = Document.State.QUEUED, "", None
    document.save()
    _store_source(document, new.data)
    return document


def _store_source(document: Document, data: bytes) -> None:
    """Send the file as it is: Django writes it into the statement's text, at six times its size in memory."""
    table = sql.Identifier(Document._meta.db_table)
    with psycopg.Cursor(connection.connection) as cursor:
        statement = sql.SQL("UPDATE {} SET source = %b WHERE id = %s").format(table)
        cursor.execute(statement, (data, document.pk), prepare=False)


def _is_same(document: Document, described: Mapping[str, Any]) -> bool:
    """Whether this version, described so, was read already or waits to be."""
    # Where the client gives none, reading has found them.
    given = {name: value for name, value in described.items() if value or name not in _FOUND_BY_READING}
    unchanged = all(getattr(document, name) == value for name, value in given.items())
    return unchanged and document.state not in (Document.State.FAILED, Document.State.CANCELLED)
