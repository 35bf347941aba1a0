"""The editor of a template: its draft is saved as one types, beside a preview with the examples."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.prompts.forms import PromptForm
from dashboard.prompts.page import known_content, playground_query, posted, prompt_page, visible_template
from dashboard.prompts.preview import preview_of
from dashboard.prompts.typed import content_of
from dashboard.shell.page import is_live_refresh, signed_in
from dashboard.shell.versioned import DraftActions
from optimizer_app.models import PromptDraft, PromptTemplate
from optimizer_app.playground.costs import compared_models
from optimizer_app.prompts.changes import changed_parts
from optimizer_app.prompts.template import MAX_MESSAGES
from optimizer_app.prompts.versions.drafts import discard_draft, draft_of, rebase_draft, save_draft
from optimizer_app.prompts.versions.history import content_at, versions_of

SHOWN_VERSIONS = 12
DRAFTS = DraftActions("dashboard:prompt", draft_of, discard_draft, rebase_draft)


@signed_in
def prompt(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """The draft of the reader, else the live version."""
    return shown(request, visible_template(request, template_id))


@signed_in
@posted
def save(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Keep what was typed, and do what was pressed: a message more or less, publish."""
    template = visible_template(request, template_id)
    content = _after(request.POST.get("do", ""), content_of(request.POST.dict()))
    begun_on = request.POST.get("base_version", "")
    begun = int(begun_on) if begun_on.isdecimal() and len(begun_on) < 10 else None
    save_draft(template, request.user, content, begun_on=begun)
    if request.POST.get("do") == "publish" and not preview_of(content).problems:
        return redirect("dashboard:publish_prompt", template.pk)
    if is_live_refresh(request) or request.POST.get("do") == "publish":
        return shown(request, template)
    return redirect("dashboard:prompt", template.pk)


@signed_in
@posted
def discard(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    return DRAFTS.discard(request, visible_template(request, template_id))


@signed_in
@posted
def rebase(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    return DRAFTS.rebase(request, visible_template(request, template_id))


def shown(request: HttpRequest, template: PromptTemplate) -> HttpResponse:
    """The page, or its changing part; what is wrong is said once somebody has typed."""
    draft, content = known_content(request, template)
    preview = preview_of(content)
    context = {
        "draft": draft,
        "behind": _behind(template, draft),
        "form": PromptForm(content, preview.problems),
        "says_errors": request.method == "POST",
        "preview": preview,
        "base_version": draft.base_version if draft else template.version,
        "may_grow": len(content["messages"]) < MAX_MESSAGES,
        "versions": versions_of(template)[:SHOWN_VERSIONS],
        "playground": playground_query(template),
        "models": compared_models("", template.project),
    }
    return prompt_page(request, "state" if is_live_refresh(request) else "prompt", template, context)


def _behind(template: PromptTemplate, draft: PromptDraft | None) -> list[str]:
    """The parts that others changed since the draft was begun."""
    if draft is None or draft.base_version == template.version:
        return []
    base, live = content_at(template, draft.base_version), content_at(template, template.version)
    return changed_parts(base, live)


def _after(pressed: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The template with a message added, moved up or taken out, as the button says."""
    rows = list(content["messages"])
    do, _, place = pressed.partition("-")
    at = int(place) if place.isdecimal() and int(place) < len(rows) else None
    if do == "add":
        rows.append({"role": "user", "text": ""})
    elif do == "remove" and at is not None:
        del rows[at]
    elif do == "up" and at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    return {**content, "messages": rows}
