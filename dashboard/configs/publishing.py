"""Publishing a draft, and rolling back to a version: what changes, and for whom, is said before."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.configs.changes import change_rows
from dashboard.configs.page import draft_state, traffic_query, visible_config
from dashboard.shell.forms import PageForm
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.changes import changes
from optimizer_app.configs.drafts import draft_of
from optimizer_app.configs.errors import FieldsRefused, NothingToPublish, PublishedMeanwhile
from optimizer_app.configs.history import versions_of
from optimizer_app.configs.publish import publish, roll_back
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import ConfigVersion, OptimizationConfig


class NoteForm(PageForm):
    """Why a version is published, and on which one it was decided."""

    base_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="Why, for whoever reads the history: “agents forgot the schema”.",
    )


@signed_in
def publish_page(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    config = visible_config(request, config_id)
    draft = draft_of(config, request.user)
    if draft is None:
        messages.warning(request, "There is nothing to publish: no field differs from the live version.")
        return redirect("dashboard:config", config.pk)
    state = draft_state(config, draft)
    if state.is_behind:
        return redirect("dashboard:config", config.pk)
    form = NoteForm(request.POST or None, initial={"base_version": draft.base_version})
    if form.is_valid():
        values = ConfigValues.of(draft)
        return _done(request, config, lambda: publish(config, request.user, values, **form.cleaned_data))
    context = {"state": state, "form": form}
    return _page(request, "dashboard/configs/versions/publish.html", config, context)


@signed_in
def version_page(request: HttpRequest, config_id: uuid.UUID, number: int) -> HttpResponse:
    """What a version changed, against the one before or the one that is asked for; POST rolls back to it."""
    config = visible_config(request, config_id)
    version = _version(config, number)
    form = NoteForm(request.POST or None, initial={"base_version": config.version})
    if form.is_valid():
        back = form.cleaned_data
        return _done(request, config, lambda: roll_back(config, number, request.user, **back))
    versions = list(versions_of(config))
    other = _compared(request, versions, number)
    live, values = ConfigValues.of(config), ConfigValues.of(version)
    context = {
        "version": version,
        "traffic": traffic_query(config, number),
        "versions": versions,
        "other": other,
        "changes": change_rows(changes(ConfigValues.of(other), values)) if other else [],
        "back": change_rows(changes(live, values)) if number != config.version else [],
        "form": form,
    }
    return _page(request, "dashboard/configs/versions/version.html", config, context)


def _done(request: HttpRequest, config: OptimizationConfig, act: Any) -> HttpResponse:
    """What became of it, said on the config's page."""
    try:
        published = act()
    except PublishedMeanwhile as refused:
        who = refused.live.author or "somebody"
        messages.error(request, f"Not published: v{refused.live.number} was published by {who} meanwhile.")
    except NothingToPublish as refused:
        messages.warning(request, f"Not published: {refused}.")
    except FieldsRefused as refused:
        messages.error(request, f"Not published: {refused}.")
    else:
        keys = len(active_keys_of(config))
        messages.success(request, f"v{published.number} is live for {keys} key{'' if keys == 1 else 's'}.")
    return redirect("dashboard:config", config.pk)


def _version(config: OptimizationConfig, number: int) -> ConfigVersion:
    found = versions_of(config).filter(number=number).first()
    if found is None:
        raise Http404(f"{config} has no v{number}")
    return found


def _compared(request: HttpRequest, versions: list[ConfigVersion], number: int) -> ConfigVersion | None:
    """The version that is asked for, else the newest one before."""
    asked = request.GET.get("with", "")
    if asked.isdecimal():
        return next((row for row in versions if row.number == int(asked)), None)
    return next((row for row in versions if row.number < number), None)


def _page(
    request: HttpRequest, template: str, config: OptimizationConfig, context: dict[str, Any]
) -> HttpResponse:
    shell = {"page": "configs", "config": config, "keys": active_keys_of(config)}
    return render_page(request, template, Scope.of_request(request), {**shell, **context})
