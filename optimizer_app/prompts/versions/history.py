"""The versions of a template."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from optimizer_app.models import Project, PromptTemplate, PromptVersion


def versions_of(template: PromptTemplate) -> QuerySet[PromptVersion]:
    """The newest first."""
    return PromptVersion.objects.filter(template=template).select_related("author").order_by("-number")


def content_at(template: PromptTemplate, number: int) -> dict[str, Any]:
    """What the template was in that version, nothing in version 0; PromptVersion.DoesNotExist without it."""
    if number == 0:
        return {}
    return PromptVersion.objects.get(template=template, number=number).content


def live_versions(project: Project) -> QuerySet[PromptVersion]:
    """The version of each of its published templates that is live, by name."""
    live = PromptVersion.objects.filter(template__project=project, number=F("template__version"))
    return live.select_related("template").order_by("template__name")
