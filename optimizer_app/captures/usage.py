"""How much a project keeps."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from optimizer_app.models import Capture, Project


@dataclass(frozen=True, slots=True)
class KeptTexts:
    """Of how many requests there are texts, and their size, encrypted."""

    requests: int
    size_bytes: int


def kept_texts(project: Project) -> KeptTexts:
    found = (
        Capture.objects.filter(project=project).readable().aggregate(n=Count("pk"), size=Sum("size_bytes"))
    )
    return KeptTexts(found["n"], found["size"] or 0)
