"""The versions of a template."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from optimizer_app.models import PromptTemplate, PromptVersion


def versions_of(template: PromptTemplate) -> QuerySet[PromptVersion]:
    """The newest first."""
    return PromptVersion.objects.filter(template=template).select_related("author").order_by("-number")


def content_at(template: PromptTemplate, number: int) -> dict[str, Any]:
    """What the template was in that version, nothing in version 0; PromptVersion.DoesNotExist without it."""
    if number == 0:
        return {}
    return PromptVersion.objects.get(template=template, number=number).content
