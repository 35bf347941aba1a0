"""How many documents a project may have."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.ingest.accept import NewDocument, RefusedDocument, accept_documents
from optimizer_app.models import Document, Project

pytestmark = pytest.mark.django_db
MB = 1024**2


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="p")


def bring(project: Project, *names: str, size: int = 10) -> None:
    accept_documents(project, [NewDocument(name, b"a" * size) for name in names])


def test_more_documents_than_a_project_may_have_are_refused(project: Project, settings: Any) -> None:
    settings.MAX_PROJECT_DOCUMENTS = 2
    bring(project, "a", "b")
    bring(project, "b", size=20)
    with pytest.raises(RefusedDocument, match="would have 3 documents, and may have 2"):
        bring(project, "b", "c")
    assert Document.objects.count() == 2
    bring(Project.objects.create(name="another"), "a", "b")


def test_larger_files_than_a_project_may_have_are_refused(project: Project, settings: Any) -> None:
    settings.MAX_PROJECT_DOCUMENTS_MB = 1
    bring(project, "a", size=MB)
    bring(project, "a", size=MB - 10)
    with pytest.raises(RefusedDocument, match="would have 2 MB of documents, and may have 1 MB"):
        bring(project, "b", size=MB + 10)


def test_nothing_is_refused_without_a_bound(project: Project, settings: Any) -> None:
    settings.MAX_PROJECT_DOCUMENTS = settings.MAX_PROJECT_DOCUMENTS_MB = 0
    bring(project, "a", "b", size=MB)
