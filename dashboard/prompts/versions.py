"""Publishing a draft, and the versions: what changes and what it costs, said before; rolling back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.diffs.sides import Fold as FoldedRows
from dashboard.diffs.sides import Row, side_by_side
from dashboard.prompts.costs import RequestsForm, cost_rows
from dashboard.prompts.forms import NoteForm
from dashboard.prompts.page import prompt_page, traffic_query, visible_template
from dashboard.prompts.preview import preview_of
from dashboard.shell.page import signed_in
from dashboard.shell.versioned import compared_version, say_published_meanwhile
from optimizer_app.models import PromptTemplate, PromptVersion
from optimizer_app.prompts.changes import as_text
from optimizer_app.prompts.errors import ContentRefused, NothingToPublish, PublishedMeanwhile
from optimizer_app.prompts.versions.drafts import draft_of
from optimizer_app.prompts.versions.history import content_at, versions_of
from optimizer_app.prompts.versions.publish import publish, roll_back


@signed_in
def publish_page(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    template = visible_template(request, template_id)
    draft = draft_of(template, request.user)
    if draft is None or draft.base_version != template.version or preview_of(draft.content).problems:
        return redirect("dashboard:prompt", template.pk)
    form = NoteForm(request.POST or None, initial={"base_version": draft.base_version})
    if form.is_valid():
        return _done(
            request, template, lambda: publish(template, request.user, draft.content, **form.cleaned_data)
        )
    requests = RequestsForm(request.GET or None)
    live = content_at(template, template.version)
    context = {
        "form": form,
        "sides": differences(live, draft.content),
        "requests": requests,
        "costs": cost_rows(
            [(_label(template, template.version), live), ("Your draft", draft.content)], requests
        ),
    }
    return prompt_page(request, "publish", template, context)


@signed_in
def version_page(request: HttpRequest, template_id: uuid.UUID, number: int) -> HttpResponse:
    """What a version changed, against the one before or the one that is asked for; POST rolls back to it."""
    template = visible_template(request, template_id)
    versions = list(versions_of(template))
    version = next((row for row in versions if row.number == number), None)
    if version is None:
        raise Http404(f"{template} has no v{number}")
    form = NoteForm(request.POST or None, initial={"base_version": template.version})
    if form.is_valid():
        back = form.cleaned_data
        return _done(request, template, lambda: roll_back(template, number, request.user, **back))
    other, requests = compared_version(request, versions, number), RequestsForm(request.GET or None)
    before = other.content if other else {}
    shown = [(_label(template, row.number), row.content) for row in (other, version) if row]
    context = {
        "version": version,
        "version_traffic": traffic_query(template, number),
        "versions": versions,
        "other": other,
        "sides": differences(before, version.content),
        "requests": requests,
        "costs": cost_rows(shown, requests),
        "form": form,
    }
    return prompt_page(request, "version", template, context)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Row | FoldedRows]:
    """Both templates side by side; none where nothing differs."""
    texts = (as_text(before) if before else "", as_text(after))
    return side_by_side(*texts) if texts[0] != texts[1] else []


def _done(request: HttpRequest, template: PromptTemplate, act: Callable[[], PromptVersion]) -> HttpResponse:
    """What became of it, said on the template's page."""
    try:
        published = act()
    except PublishedMeanwhile as refused:
        say_published_meanwhile(request, refused.live)
    except (NothingToPublish, ContentRefused) as refused:
        messages.warning(request, f"Not published: {refused}.")
    else:
        messages.success(request, f"v{published.number} is live for requests that name no version.")
    return redirect("dashboard:prompt", template.pk)


def _label(template: PromptTemplate, number: int) -> str:
    return f"v{number}, live" if number == template.version else f"v{number}"
