"""Document rows for the tests of the pages."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from optimizer_app.models import Document, Project


def make_document(
    project: Project, name: str = "handbook.md", *, age: timedelta = timedelta(minutes=1), **fields: Any
) -> Document:
    """A document that was added `age` ago: done, four chunks of 100 tokens, unless said otherwise."""
    values = {
        "external_id": name,
        "title": "Handbook",
        "media_type": "text/markdown",
        "size_bytes": 1234,
        "content_hash": hashlib.sha256(name.encode()).hexdigest(),
        "state": "done",
        "chunks": 4,
        "embedded": 4,
        "tokens": 400,
        "embedded_by": "a-model",
    }
    document = Document.objects.create(project=project, **{**values, **fields})
    document.created_at = timezone.now() - age
    Document.objects.filter(pk=document.pk).update(created_at=document.created_at)
    return document
