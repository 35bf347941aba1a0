"""Documents from their file to stored vectors: real PostgreSQL, real packaged model."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from optimizer_app.ingest import accept, control, work
from optimizer_app.ingest.accept import MAX_BYTES, NewDocument, RefusedDocument, accept_documents
from optimizer_app.ingest.control import (
    cancel_document,
    embed_again,
    queue_for_model,
    retry_document,
    waiting_for_vectors,
)
from optimizer_app.ingest.work import ingest_due, lease_document
from optimizer_app.models import Document, Project
from optimizer_app.retrieval.search import search_documents
from token_optimizer.models import BlockType

pytestmark = pytest.mark.django_db

HANDBOOK = """# Handbook

Refunds are paid back within five working days.

## Outages

Call the person on duty. The number is on the wall.
"""


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="support")


def _accept(project: Project, text: str = HANDBOOK, name: str = "handbook.md", **options: Any) -> Document:
    job = accept_documents(project, [NewDocument(name, text.encode(), **options)])
    return job.documents.get()


def _contents(document: Document) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM blocks WHERE document_id = %s ORDER BY position", (document.pk,))
        return [row[0] for row in cursor.fetchall()]


def _vectors() -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT block_id, model FROM embeddings")
        return set(cursor.fetchall())


def test_it_works(embeddings: subprocess.Popen[str], project: Project) -> None:
    document = _accept(project, metadata={"source": "wiki"})
    assert (document.state, document.size_bytes) == ("queued", len(HANDBOOK))
    assert ingest_due() == 1
    document.refresh_from_db()
    assert (document.state, document.title, document.chunks, document.embedded) == ("done", "Handbook", 2, 2)
    assert document.source is None
    assert document.embedded_by
    best = search_documents(project, "When do customers get their money?").passages[0]
    assert best.content.startswith("Refunds")
    assert (best.title_path, best.metadata) == ("Handbook", {"source": "wiki"})


def test_what_the_reader_left_out_is_stored(embeddings: Any, project: Project) -> None:
    html = "<!doctype html><nav>Home</nav><p>Rent is due on Monday.</p><p hidden>draft</p>"
    document = _accept(project, html, "lease.html")
    ingest_due()
    document.refresh_from_db()
    assert _contents(document) == ["Rent is due on Monday."]
    assert document.left_out == [
        {"kind": "hidden passages", "count": 1},
        {"kind": "navigation menus", "count": 1},
    ]
    cancelled = _accept(project, html + "<p>more</p>", "lease.html")
    assert cancel_document(cancelled)
    document.refresh_from_db()
    assert len(document.left_out) == 2


def test_every_step_is_stored_while_it_is_done(
    embeddings: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page that asks meanwhile would see."""
    document = _accept(project)
    seen: list[tuple[str, int]] = []

    def watched(name: str) -> None:
        real = getattr(work, name)

        def watching(*args: Any, **options: Any) -> Any:
            document.refresh_from_db()
            seen.append((document.state, document.embedded))
            return real(*args, **options)

        monkeypatch.setattr(work, name, watching)

    for name in ("read_confined", "put_blocks", "put_vectors", "delete_vectors"):
        watched(name)
    monkeypatch.setattr(work, "BATCH_CHUNKS", 1)
    ingest_due()
    assert seen == [("reading", 0), ("chunking", 0), ("embedding", 0), ("embedding", 1), ("embedding", 2)]


@pytest.mark.parametrize("state", ["reading", "chunking"])
def test_what_a_worker_left_half_read_is_read_again(embeddings: Any, project: Project, state: str) -> None:
    document = _accept(project)
    Document.objects.update(state=state, leased_until=timezone.now() - timedelta(seconds=1))
    assert ingest_due() == 1
    document.refresh_from_db()
    assert (document.state, len(_contents(document))) == ("done", 2)


def test_changes_of_documents_are_announced(
    transactional_db: None,
    empty_store: None,
    embeddings: Any,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[Any] = []
    for module in (accept, control, work):
        monkeypatch.setattr(module, "announce_documents", heard.append)
    document = _accept(project)
    assert heard == [project.pk]
    ingest_due()
    assert len(heard) == 6, "queued; reading, chunking, embedding, one batch, done"
    embed_again(document)
    control.remove_document(document)
    assert heard == [project.pk] * 8


def test_the_same_new_document_twice_at_once_is_one(transactional_db: None, project: Project) -> None:
    def accept_meanwhile() -> UUID:
        try:
            return _accept(project).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = _accept(project)
            second = pool.submit(accept_meanwhile)
            while not _someone_waits_for_a_lock():
                assert not second.done()
        assert second.result() == first.pk


def _someone_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_the_same_document_again_changes_nothing(embeddings: Any, project: Project) -> None:
    _accept(project)
    ingest_due()
    before = _vectors()
    assert _accept(project).state == "done"
    assert ingest_due() == 0
    assert _vectors() == before


def test_a_changed_document_replaces_its_chunks_and_embeds_only_what_is_new(
    embeddings: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = _accept(project)
    ingest_due()
    embedded: list[str] = []
    real = work.embed
    monkeypatch.setattr(work, "embed", lambda texts, **o: (embedded.extend(texts), real(texts, **o))[1])
    changed = HANDBOOK.replace("Call the person on duty.", "Write to the channel.")
    assert _accept(project, changed).pk == document.pk
    assert "Call the person" in " ".join(_contents(document))
    ingest_due()
    assert "Call the person" not in " ".join(_contents(document))
    assert [text for text in embedded if "Refunds" in text] == []
    assert any("Write to the channel" in text for text in embedded)
    assert len(_vectors()) == 2


def test_a_broken_file_says_why_and_leaves_nothing(embeddings: Any, project: Project) -> None:
    document = _accept(project, "%PDF-1.7 and then nothing", name="paper.pdf")
    ingest_due()
    document.refresh_from_db()
    assert (document.state, document.reason, document.chunks) == ("failed", "the PDF is broken", 0)
    assert _contents(document) == []


def test_a_broken_change_leaves_the_version_before_it(embeddings: Any, project: Project) -> None:
    document = _accept(project)
    ingest_due()
    _accept(project, "   ")
    ingest_due()
    document.refresh_from_db()
    assert (document.state, document.reason) == ("failed", "the file is empty")
    assert len(_contents(document)) == 2


def test_what_a_dead_worker_left_is_gone_on_with(
    embeddings: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after its first batch: the other chunks alone are embedded by the next one."""
    monkeypatch.setattr(work, "BATCH_CHUNKS", 1)
    document = _accept(project)
    held = lease_document()
    assert held is not None
    work._store(held, work._read(held))
    work._update(held, embedded=1)
    with connection.cursor() as cursor:
        from token_optimizer.storage.blocks import next_without_vector, put_vectors

        owner, model = str(project.pk), work._model()
        ((block_id, text),) = next_without_vector(cursor, owner, model, 1, document.pk)
        put_vectors(cursor, owner, model, {block_id: work.embed([text])[0]})
    assert ingest_due() == 0, "the lease still holds"
    Document.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    embedded: list[str] = []
    real = work.embed
    monkeypatch.setattr(work, "embed", lambda texts, **o: (embedded.extend(texts), real(texts, **o))[1])
    assert ingest_due() == 1
    assert [asked for asked in embedded if asked != "?"] != []
    assert text not in embedded
    document.refresh_from_db()
    assert (document.state, document.embedded) == ("done", 2)


def test_without_embeddings_it_waits_and_is_found_by_words(
    use_socket: Any, tmp_path: Path, project: Project
) -> None:
    use_socket(tmp_path / "nobody.sock")
    document = _accept(project)
    assert ingest_due() == 0
    document.refresh_from_db()
    assert (document.state, document.embedded) == ("embedding", 0)
    assert "no embedding process" in document.reason
    assert waiting_for_vectors(project.pk) == 2
    assert len(search_documents(project, "refunds").passages) == 1


def test_a_cancelled_document_goes_and_can_be_tried_again(
    embeddings: Any, project: Project, use_socket: Any, tmp_path: Path, ready: Any
) -> None:
    use_socket(tmp_path / "nobody.sock")
    document = _accept(project)
    ingest_due()
    assert cancel_document(Document.objects.get(pk=document.pk))
    document.refresh_from_db()
    assert (document.state, document.chunks, _contents(document)) == ("cancelled", 0, [])
    assert not cancel_document(document)
    use_socket(ready[1])
    assert retry_document(document)
    assert ingest_due() == 1
    assert len(_contents(document)) == 2


def test_cancelling_a_change_keeps_the_version_before_it(embeddings: Any, project: Project) -> None:
    document = _accept(project)
    ingest_due()
    changed = _accept(project, "Other text.")
    assert cancel_document(changed)
    document.refresh_from_db()
    assert document.state == "done"
    assert len(_contents(document)) == 2
    assert _accept(project, "Other text.").state == "queued", "it may be sent again"


@pytest.mark.parametrize("state", ["reading", "chunking"])
def test_cancelling_a_change_that_is_read_keeps_the_version_before_it(
    embeddings: Any, project: Project, state: str
) -> None:
    _accept(project)
    ingest_due()
    changed = _accept(project, "Other text.")
    Document.objects.update(state=state)
    assert cancel_document(changed)
    changed.refresh_from_db()
    assert (changed.state, len(_contents(changed))) == ("done", 2)


def test_what_is_embedded_anew_cannot_be_cancelled(embeddings: Any, project: Project) -> None:
    """Its file is gone: cancelled, it would be lost."""
    document = _accept(project)
    ingest_due()
    embed_again(document)
    assert not cancel_document(document)
    document.refresh_from_db()
    assert (document.state, len(_contents(document))) == ("embedding", 2)


def test_what_failed_while_it_was_embedded_anew_can_be_embedded_again(
    embeddings: Any, project: Project
) -> None:
    document = _accept(project)
    ingest_due()
    Document.objects.update(state="failed", reason="ValueError")
    assert not retry_document(document), "there is no file"
    assert embed_again(document)
    assert ingest_due() == 1
    document.refresh_from_db()
    assert (document.state, document.reason, len(_vectors())) == ("done", "", 2)


def test_a_broken_file_is_not_embedded_again(embeddings: Any, project: Project) -> None:
    document = _accept(project)
    ingest_due()
    _accept(project, "   ")
    ingest_due()
    assert not embed_again(document)
    document.refresh_from_db()
    assert document.state == "failed"


def test_a_document_changed_while_it_is_read_is_read_again(embeddings: Any, project: Project) -> None:
    _accept(project)
    held = lease_document()
    assert held is not None
    _accept(project, "Newer text.")
    assert work._work_on(held)
    document = Document.objects.get()
    assert (document.state, _contents(document)) == ("queued", [])
    ingest_due()
    assert _contents(document) == ["Newer text."]


def test_another_model_in_use_means_new_vectors(embeddings: Any, project: Project) -> None:
    document = _accept(project)
    ingest_due()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE embeddings SET model = 'older'")
    Document.objects.update(embedded_by="older", reason="the change was cancelled")
    assert queue_for_model() == 1
    document.refresh_from_db()
    assert document.reason == "", "a reason of its last state says nothing of this one"
    assert waiting_for_vectors() == 2
    ingest_due()
    document.refresh_from_db()
    assert {model for _, model in _vectors()} == {document.embedded_by}
    assert queue_for_model() == 0


def test_embedded_anew_on_demand(embeddings: Any, project: Project) -> None:
    document = _accept(project)
    assert not embed_again(document), "it is not done yet"
    ingest_due()
    assert embed_again(document)
    assert _vectors() == set()
    ingest_due()
    assert len(_vectors()) == 2


def test_a_deleted_document_or_project_takes_its_chunks_along(embeddings: Any, project: Project) -> None:
    other = _accept(Project.objects.create(name="other"))
    document = _accept(project)
    ingest_due()
    document.delete()
    assert (_contents(document), len(_contents(other))) == ([], 2)
    other.project.delete()
    assert _vectors() == set()


def test_the_same_text_in_two_documents_is_embedded_once(
    embeddings: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _accept(project, "A text.", name="a.txt", title="Notes")
    ingest_due()
    monkeypatch.setattr(work, "_model", lambda: Document.objects.get(external_id="a.txt").embedded_by)
    monkeypatch.setattr(work, "embed", None)
    _accept(project, "A text.", name="b.txt", title="Notes")
    assert ingest_due() == 1
    assert len(_vectors()) == 2


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        ([], "no document"),
        ([NewDocument(" ", b"a")], "has no id"),
        ([NewDocument("a\x00", b"a")], "has no id"),
        ([NewDocument("a" * 301, b"a")], "longer than 300"),
        ([NewDocument("a", b"a"), NewDocument("a", b"b")], "twice"),
        ([NewDocument("a", b"a" * (MAX_BYTES + 1))], "larger than 50 MB"),
        ([NewDocument(str(n), b"a") for n in range(1001)], "more than 1000"),
    ],
)
def test_what_cannot_be_taken_is_refused_whole(
    project: Project, documents: list[NewDocument], problem: str
) -> None:
    with pytest.raises(RefusedDocument, match=problem):
        accept_documents(project, documents)
    assert not Document.objects.exists()


def test_types_and_projects_are_kept_apart(embeddings: Any, project: Project) -> None:
    _accept(project, "The pool holds 20 connections.", name="chat", block_type=BlockType.ASSISTANT)
    ingest_due()
    stranger = Project.objects.create(name="stranger")
    assert search_documents(stranger, "connections").passages == []
    assert search_documents(project, "connections", types=["doc"]).passages == []
    assert len(search_documents(project, "connections", types=["assistant"]).passages) == 1


def test_projects_take_turns(project: Project) -> None:
    """However many documents one sends, another's waits for one of them."""
    other = Project.objects.create(name="other")
    for number in range(3):
        _accept(project, f"text {number}", name=f"{number}.md")
    _accept(other, "theirs")
    turns = [document.project for _ in range(4) if (document := lease_document())]
    assert turns == [project, other, project, project]
