"""Publishing a draft, and rolling back to a version: what changes, and for whom, is said before."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.configs.changes import change_rows
from dashboard.configs.page import draft_state, traffic_query, visible_config
from dashboard.configs.releases.forms import NoteForm, PublishForm
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.shell.versioned import compared_version, say_published_meanwhile
from optimizer_app.configs.changes import changes
from optimizer_app.configs.errors import (
    FieldsRefused,
    NoShare,
    NothingToPublish,
    PublishedMeanwhile,
    ShareRunning,
)
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.configs.versions.history import next_number, versions_of
from optimizer_app.configs.versions.publish import roll_back
from optimizer_app.models import ConfigVersion, OptimizationConfig, RegressionCase
from optimizer_app.releases.errors import CasesFailed
from optimizer_app.releases.publish import publish_checked
from optimizer_app.releases.runs import CaseResult


@signed_in
def publish_page(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    config = visible_config(request, config_id)
    draft = draft_of(config, request.user)
    if draft is None:
        messages.warning(request, "There is nothing to publish: no field differs from the live version.")
        return redirect("dashboard:config", config.pk)
    state = draft_state(config, draft)
    if state.is_behind or config.running_share:
        return redirect("dashboard:config", config.pk)
    form = PublishForm(request.POST or None, initial={"base_version": draft.base_version})
    values = ConfigValues.of(draft)
    failing: list[CaseResult] = []
    if form.is_valid():
        try:
            return redirect_after(
                request, config, lambda: publish_checked(config, request.user, values, **form.asked())
            )
        except CasesFailed as refused:
            failing = form.offer_anyway(refused)
        except FieldsRefused as refused:
            form.add_refused(refused)
    context = {
        "state": state,
        "form": form,
        "failing": failing,
        "number": next_number(config),
        "cases": RegressionCase.objects.filter(project=config.project_id).count(),
    }
    return release_page(request, "dashboard/configs/versions/publish.html", config, context)


@signed_in
def version_page(request: HttpRequest, config_id: uuid.UUID, number: int) -> HttpResponse:
    """What a version changed, against the one before or the one that is asked for; POST rolls back to it."""
    config = visible_config(request, config_id)
    version = _version(config, number)
    form = NoteForm(request.POST or None, initial={"base_version": config.version})
    if form.is_valid():
        back = form.cleaned_data
        return redirect_after(request, config, lambda: roll_back(config, number, request.user, **back))
    share = config.running_share
    versions = list(versions_of(config))
    other = compared_version(request, versions, number)
    live, values = ConfigValues.of(config), ConfigValues.of(version)
    context = {
        "version": version,
        "traffic": traffic_query(config, number),
        "versions": versions,
        "other": other,
        "changes": change_rows(changes(ConfigValues.of(other), values)) if other else [],
        "back": change_rows(changes(live, values)) if number != config.version else [],
        "form": form,
        "share": share,
        "number": next_number(config),
    }
    return release_page(request, "dashboard/configs/versions/version.html", config, context)


def redirect_after(
    request: HttpRequest, config: OptimizationConfig, act: Callable[[], ConfigVersion]
) -> HttpResponse:
    """To the config's page, which says what became of the act."""
    try:
        published = act()
    except PublishedMeanwhile as refused:
        say_published_meanwhile(request, refused.live)
    except NothingToPublish as refused:
        messages.warning(request, f"Not published: {refused}.")
    except (ShareRunning, NoShare) as refused:
        messages.error(request, f"Not published: {refused}.")
    else:
        messages.success(request, _published(config, published))
    return redirect("dashboard:config", config.pk)


def _published(config: OptimizationConfig, version: ConfigVersion) -> str:
    """For whom it is live now."""
    config.refresh_from_db()
    if share := config.running_share:
        whom = f"{share.percent}% of {share.by}"
        return f"v{version.number} is live for {whom}; the others stay on v{config.version}."
    keys = len(active_keys_of(config))
    return f"v{version.number} is live for {keys} key{'' if keys == 1 else 's'}."


def _version(config: OptimizationConfig, number: int) -> ConfigVersion:
    found = versions_of(config).filter(number=number).first()
    if found is None:
        raise Http404(f"{config} has no v{number}")
    return found


def release_page(
    request: HttpRequest, template: str, config: OptimizationConfig, context: dict[str, Any]
) -> HttpResponse:
    shell = {"page": "configs", "config": config, "keys": active_keys_of(config)}
    return render_page(request, template, Scope.of_request(request), {**shell, **context})
