"""How many documents a project may have, and how large their files may be together."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db.models import Count, Sum

from optimizer_app.models import Document, Project

_MB = 1024**2


def shortage(project: Project, sizes: Mapping[str, int]) -> str:
    """Why the project has no room for files of these sizes, by their documents' ids; empty where it has.

    A new version takes the place of the one before. Whoever asks holds the project's row, so that two who
    bring documents at once find room one after the other.
    """
    others = Document.objects.filter(project=project).exclude(external_id__in=sizes)
    held = others.aggregate(count=Count("pk"), size=Sum("size_bytes"))
    count = held["count"] + len(sizes)
    size = (held["size"] or 0) + sum(sizes.values())
    if count > settings.MAX_PROJECT_DOCUMENTS > 0:
        return f"the project would have {count} documents, and may have {settings.MAX_PROJECT_DOCUMENTS}"
    if size > settings.MAX_PROJECT_DOCUMENTS_MB * _MB > 0:
        return (
            f"the project would have {size // _MB} MB of documents, "
            f"and may have {settings.MAX_PROJECT_DOCUMENTS_MB} MB"
        )
    return ""
