"""What people may do with a document: cancel, retry, embed it anew, delete it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from optimizer_app.embedding_client import status
from optimizer_app.ingest.wake import wake_ingest
from optimizer_app.models import Document
from optimizer_app.retrieve import owner_of
from token_optimizer.storage.blocks import delete_document, delete_vectors

_STATES = Document.State


def cancel_document(document: Document) -> bool:
    """Stop the work on it; whether there was any. What was stored of it goes, a version before it stays."""
    keeps_old = document.state == _STATES.QUEUED and document.chunks > 0
    state = _STATES.DONE if keeps_old else _STATES.CANCELLED
    reason = "the change was cancelled: the version before it is still in use" if keeps_old else ""
    with transaction.atomic(), connection.cursor() as cursor:
        stopped = _change(document, Document.UNFINISHED, state=state, reason=reason, leased_until=None)
        if stopped and keeps_old:
            _change(document, (state,), content_hash=document.stored_hash, source=None)
        elif stopped:
            delete_document(cursor, owner_of(document.project_id), document.pk)
            _change(document, (state,), chunks=0, embedded=0, tokens=0, stored_hash="")
    return stopped


def retry_document(document: Document) -> bool:
    """Work on it again from its file; whether that is still there."""
    if not document.can_be_retried:
        return False
    states = (_STATES.FAILED, _STATES.CANCELLED)
    queued = _change(document, states, state=_STATES.QUEUED, reason="", leased_until=None)
    transaction.on_commit(wake_ingest)
    return queued


def embed_again(document: Document) -> bool:
    """Throw its vectors away and make them anew; whether its chunks are there."""
    with transaction.atomic(), connection.cursor() as cursor:
        queued = _change(document, (_STATES.DONE,), state=_STATES.EMBEDDING, embedded=0, embedded_by="")
        if queued:
            delete_vectors(cursor, owner_of(document.project_id), document.pk)
        transaction.on_commit(wake_ingest)
    return queued


def queue_for_model() -> int:
    """Queue the documents that another model than the one in use has embedded; how many they are."""
    model = status().model
    if not model:
        return 0
    others = Document.objects.filter(state=_STATES.DONE).exclude(embedded_by=model)
    return others.update(state=_STATES.EMBEDDING, embedded=0, updated_at=timezone.now())


def waiting_for_vectors(project_id: UUID | None = None) -> int:
    """How many chunks wait for a vector, in one project or in all."""
    unfinished = Document.objects.filter(state=_STATES.EMBEDDING)
    if project_id is not None:
        unfinished = unfinished.filter(project=project_id)
    return sum(chunks - embedded for chunks, embedded in unfinished.values_list("chunks", "embedded"))


def _change(document: Document, states: tuple[str, ...], **values: object) -> bool:
    """Change the row where it is in one of the states."""
    rows = Document.objects.filter(pk=document.pk, state__in=states)
    changed = rows.update(updated_at=timezone.now(), **values)
    if changed:
        for name, value in values.items():
            setattr(document, name, value)
    return bool(changed)
