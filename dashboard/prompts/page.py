"""What the pages of a template share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from dashboard.prompts.typed import STARTER
from dashboard.shell.page import render_page
from dashboard.shell.scope import Scope
from dashboard.shell.versioned import posted_to
from optimizer_app.models import PromptDraft, PromptTemplate
from optimizer_app.prompts.versions.drafts import draft_of
from optimizer_app.prompts.versions.history import content_at

posted = posted_to("dashboard:prompt")


def visible_template(request: HttpRequest, template_id: uuid.UUID) -> PromptTemplate:
    """404 for a template of another project, as for one that never was."""
    visible = PromptTemplate.objects.visible_to(request.user).select_related("project")
    return get_object_or_404(visible, pk=template_id)


def known_content(
    request: HttpRequest, template: PromptTemplate
) -> tuple[PromptDraft | None, Mapping[str, Any]]:
    """The reader's draft, and what the editor shows: it, else the live version, else a beginning."""
    draft = draft_of(template, request.user)
    if draft is not None:
        return draft, draft.content
    return None, content_at(template, template.version) or STARTER


def traffic_query(template: PromptTemplate, version: int | None = None) -> str:
    """The query of the list of its requests."""
    asked = {"project": template.project.name, "prompt": template.name}
    return urlencode(asked if version is None else {**asked, "prompt_version": version})


def playground_query(template: PromptTemplate) -> str:
    """The query of the playground with the live version in it."""
    asked = {"project": template.project.name, "kind": "template", "template": template.pk.hex}
    return urlencode(asked if template.version else {"project": template.project.name})


def prompt_page(
    request: HttpRequest, name: str, template: PromptTemplate, context: Mapping[str, Any]
) -> HttpResponse:
    """A page of the template."""
    shell = {"page": "prompts", "template": template, "traffic": traffic_query(template)}
    return render_page(
        request, f"dashboard/prompts/{name}.html", Scope.of_request(request), {**shell, **context}
    )
