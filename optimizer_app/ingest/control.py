"""What people may do with a document: cancel, retry, embed it anew, delete it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from optimizer_app.announcements import announce_documents
from optimizer_app.background.wake import INGEST, wake
from optimizer_app.embeddings.client import status
from optimizer_app.models import Document
from optimizer_app.retrieval.search import owner_of
from token_optimizer.storage.blocks import delete_document, delete_vectors

_STATES = Document.State
_HAS_FILE = Q(source__isnull=False)
_CAN_BE_CANCELLED = Q(state__in=Document.UNFINISHED) & _HAS_FILE
_CAN_BE_RETRIED = Q(state__in=(_STATES.FAILED, _STATES.CANCELLED)) & _HAS_FILE
# One that failed while it was embedded again has no file any more, but its chunks.
_CAN_BE_EMBEDDED_AGAIN = Q(state=_STATES.DONE) | Q(state=_STATES.FAILED, chunks__gt=0) & ~_HAS_FILE


def cancel_document(document: Document) -> bool:
    """Stop the work on it; whether there was any. What was stored of it goes, a version before it stays.

    One that is embedded anew cannot be cancelled: without its file nothing would be left of it.
    """
    with transaction.atomic():
        rows = Document.objects.select_for_update().without_source()
        found = rows.filter(_CAN_BE_CANCELLED, pk=document.pk).first()
        if found is None:
            return False
        if found.state in Document.BEFORE_STORED and found.chunks:
            _keep_version_before(found)
        else:
            _drop_what_is_stored(found)
    document.state, document.reason = found.state, found.reason
    return True


def retry_document(document: Document) -> bool:
    """Work on it again from its file; whether that is still there."""
    queued = _change(document, _CAN_BE_RETRIED, state=_STATES.QUEUED, reason="", leased_until=None)
    transaction.on_commit(partial(wake, INGEST))
    return queued


def embed_again(document: Document) -> bool:
    """Throw its vectors away and make them anew; whether its chunks are there."""
    with transaction.atomic(), connection.cursor() as cursor:
        values = {"state": _STATES.EMBEDDING, "reason": "", "embedded": 0, "embedded_by": ""}
        queued = _change(document, _CAN_BE_EMBEDDED_AGAIN, leased_until=None, **values)
        if queued:
            delete_vectors(cursor, owner_of(document.project_id), document.pk)
        transaction.on_commit(partial(wake, INGEST))
    return queued


def remove_document(document: Document) -> None:
    """Delete it with its chunks, whatever is done on it at the moment."""
    with transaction.atomic():
        project_id = document.project_id
        document.delete()
        transaction.on_commit(partial(announce_documents, project_id))


def queue_for_model() -> int:
    """Queue the documents that another model than the one in use has embedded; how many they are."""
    model = status().model
    if not model:
        return 0
    others = Document.objects.filter(state=_STATES.DONE).exclude(embedded_by=model)
    return others.update(state=_STATES.EMBEDDING, reason="", embedded=0, updated_at=timezone.now())


def waiting_for_vectors(project_id: UUID | None = None) -> int:
    """How many chunks wait for a vector, in one project or in all."""
    unfinished = Document.objects.filter(state=_STATES.EMBEDDING)
    if project_id is not None:
        unfinished = unfinished.filter(project=project_id)
    return sum(chunks - embedded for chunks, embedded in unfinished.values_list("chunks", "embedded"))


def _keep_version_before(document: Document) -> None:
    _change(
        document,
        _CAN_BE_CANCELLED,
        state=_STATES.DONE,
        reason="the change was cancelled: the version before it is still in use",
        content_hash=document.stored_hash,
        source=None,
        leased_until=None,
    )


def _drop_what_is_stored(document: Document) -> None:
    with connection.cursor() as cursor:
        delete_document(cursor, owner_of(document.project_id), document.pk)
    stored: dict[str, Any] = {"chunks": 0, "embedded": 0, "tokens": 0, "stored_hash": "", "left_out": []}
    _change(document, _CAN_BE_CANCELLED, state=_STATES.CANCELLED, reason="", leased_until=None, **stored)


def _change(document: Document, where: Q, **values: Any) -> bool:
    """Change the row where it is as asked."""
    rows = Document.objects.filter(where, pk=document.pk)
    changed = rows.update(updated_at=timezone.now(), **values)
    if changed:
        for name, value in values.items():
            setattr(document, name, value)
        transaction.on_commit(partial(announce_documents, document.project_id))
    return bool(changed)
