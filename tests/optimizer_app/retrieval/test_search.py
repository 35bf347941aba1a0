"""What a question finds in a project's documents, with the real embedding process and without."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from optimizer_app.embeddings.client import embed, status
from optimizer_app.models import Project
from optimizer_app.retrieval.search import owner_of, search_documents
from token_optimizer.storage.blocks import StoredBlock, put_blocks, put_vectors
from token_optimizer.storage.passages import why_found

pytestmark = pytest.mark.django_db

TEXTS = (
    "Refunds are paid back within five working days.",
    "Our office is closed on public holidays.",
    "The library retries a request three times.",
)


def _stored(project: Project, *, embedded: bool = True) -> None:
    blocks = [StoredBlock(text, tokens=9, document_id=uuid4()) for text in TEXTS]
    owner = owner_of(project.pk)
    with connection.cursor() as cursor:
        put_blocks(cursor, owner, blocks)
        if embedded:
            vectors = embed([block.content for block in blocks])
            put_vectors(
                cursor, owner, status().model, dict(zip([b.id for b in blocks], vectors, strict=True))
            )


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="support")


def test_it_works(embeddings: subprocess.Popen[str], project: Project) -> None:
    _stored(project)
    found = search_documents(project, "When do I get my money back?", top_k=2)
    assert found.passages[0].content == TEXTS[0]
    assert found.by_words_alone == ""
    assert why_found(found.passages[0]).startswith("by meaning: number 1, similarity 0.")


def test_words_and_meaning_are_told_apart(embeddings: subprocess.Popen[str], project: Project) -> None:
    _stored(project)
    best = search_documents(project, "public holidays").passages[0]
    assert best.content == TEXTS[1]
    assert why_found(best).endswith("; by words: number 1")


def test_another_projects_documents_never_come_back(
    embeddings: subprocess.Popen[str], project: Project
) -> None:
    _stored(Project.objects.create(name="other"))
    assert search_documents(project, "When are refunds paid?").passages == []


def test_without_embeddings_words_alone_find_it_and_the_answer_says_so(
    use_socket: Any, tmp_path: Path, project: Project
) -> None:
    use_socket(tmp_path / "nobody.sock")
    _stored(project, embedded=False)
    found = search_documents(project, "How many times does it retry a request?")
    assert [passage.content for passage in found.passages] == [TEXTS[2]]
    assert "no embedding process" in found.by_words_alone
    assert why_found(found.passages[0]) == "by words: number 1"
